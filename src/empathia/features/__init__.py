"""Features: numbers that describe how one utterance sounds or reads, one file a kind.

A plug-in here turns what it is given (an :class:`~empathia.types.Audio`, a text)
into :class:`~empathia.types.Features` whose columns have names and units. Modules
that start with an underscore are parts of a plug-in, not plug-ins.
"""
