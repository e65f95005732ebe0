"""Language models, each a plug-in that follows :class:`empathia.contracts.LanguageModel`.

``local`` runs a GGUF file in this process, ``server`` asks an OpenAI-compatible
server, ``scripted`` answers what a test tells it to.
"""
