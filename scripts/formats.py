"""Write docs/formats.md from the readers themselves: python scripts/formats.py [--check]."""

from __future__ import annotations

import sys
from pathlib import Path

from empathia import tables
from empathia.listen.transcript.catalogue import FORMATS
from empathia.listen.transcript.table import COLUMNS
from empathia.pipeline.kinds import RECORDINGS

DOCS = Path(__file__).parents[1] / "docs" / "formats.md"
_TOP = """\
# What is read

Made from the readers by `python scripts/formats.py`; a test holds it to them. What a file would be
taken for, before anything is heard or judged: `empathia check FILE`.

## Recordings

Known by the ending of their names: {recordings}. Any other file is opened to see whether it plays,
and is read if it does. Of a video the sound is read; playlists and addresses inside files are not
followed.

- Several sound tracks: the main one is read, with a note; `--track N` chooses, `--track all` mixes.
- One speaker a channel, told by channels that take turns: a note offers `--channels separate`,
  which makes each channel a speaker.
- Channels in opposite phase, told by a mix that is far quieter than its parts: the louder channel
  is read, with a note.
- Fewer valid bits than a sample holds (wav): the block align says how wide samples are.
- A length in the header that is too short, told by what follows, which is no chunk: the sound is
  read to the end of the file, with a note.
- Damaged or missing parts, told by the decoder and by time stamps: left out, or silence in their
  place, counted in a note.
- Music, tones and noise, told by short doubtful speech that does not stand out of its
  surroundings: nobody speaks there.

## Transcripts

What stands in a file counts more than the ending of its name; what it was taken for stands in the
notes where the two differ. `--format NAME` decides where that is wrong. They are tried in this
order, within those that the name's ending means first.
"""
_BOTTOM = """\
## Tables

One reader for transcripts and corpora (`tables/`): csv, tsv and their kin with commas, semicolons,
tabs or bars; JSON a line or a list; spreadsheets ({spreadsheets}) and Parquet. UTF-8, UTF-16 and
UTF-32 with or without a mark, lines of cp1252 among UTF-8, other encodings as a guess that the
notes name. Left out: Excel's `sep=;`, titles above the header, empty rows, columns without a name
in which nothing stands, what programs write for nothing (`nan`, `null`, `#N/A`, ...). A decimal
comma counts where commas part no cells. Two columns of one name: the first.

Columns of a transcript, best first, without regard to case, blanks and underscores:

{columns}

Columns of a corpus: [corpora.md](corpora.md).
"""


def page() -> str:
    """The page as text."""
    parts = [_TOP.format(recordings=", ".join(f"`{x}`" for x in RECORDINGS))]
    for format in FORMATS:
        endings = ", ".join(f"`{s}`" for s in format.suffixes) or "any ending"
        parts.append(
            f"### `{format.name}`: {format.title}\n\n"
            f"- Endings: {endings}\n"
            f"- Told by: {format.told}\n"
            f"- Left out: {format.left}\n"
        )
        if format.example:
            parts.append(f"```\n{format.example.rstrip()}\n```\n")
    columns = "\n".join(f"- {part}: {', '.join(names)}" for part, names in COLUMNS.items())
    parts.append(_BOTTOM.format(spreadsheets=", ".join(tables.SPREADSHEETS), columns=columns))
    return "\n".join(parts)


def main() -> int:
    """Write the page, or say whether it is up to date."""
    if "--check" in sys.argv[1:]:
        return int(DOCS.read_text(encoding="utf-8") != page())
    DOCS.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
