"""The service: HTTP and WebSocket over all that reads, answers and reacts.

    clients -> app (guard, routes) -> jobs -> workers -> tasks/ (processes that hold the models)

The process that listens holds no model, so that it answers whatever the others are busy with. It
stays on this machine and asks nobody for a token there; elsewhere it demands one.
"""
