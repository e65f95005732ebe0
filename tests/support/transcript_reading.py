"""Write a transcript, read it, and look at what came out."""

from __future__ import annotations

from pathlib import Path

from empathia.listen.transcript import Transcript, read_transcript

HEAD = "speaker,text,start,end\n"


def read(folder: Path, name: str, content: str | bytes, format: str | None = None) -> Transcript:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_transcript(path, format)


def turns(transcript: Transcript) -> list[tuple[str, str | None, float | None, float | None]]:
    return [(u.speaker, u.text, u.start, u.end) for u in transcript.dialogue.utterances]


def noted(transcript: Transcript, words: str) -> bool:
    return any(words in note for note in transcript.notes)
