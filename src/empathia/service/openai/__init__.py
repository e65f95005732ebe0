"""What OpenAI's clients speak: chat, transcriptions and speech (``docs/wire.md``).

What is asked goes through ``fields`` and a worker; ``chat`` and ``transcripts`` write the answer.
"""
