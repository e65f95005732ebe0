"""The empathic voice interface: a talk over one WebSocket, as clients of Hume's service hold it.

    socket <-> chat (what is said when) <-> worker (hears, judges, answers)

``docs/wire.md`` says what is spoken, and what differs.
"""
