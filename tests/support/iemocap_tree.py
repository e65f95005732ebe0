"""Small trees in the layout of IEMOCAP's release, with words of our own."""

from __future__ import annotations

from pathlib import Path

HEAD = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
# In the release all F of a block may stand before all M, so the order of the file is no order.
BLOCKS = (
    "[6.2901 - 8.2357]\tSes01F_impro05a_F000\tneu\t[2.5000, 5.0000, 1.0000]\n"
    "C-E2:\tNeutral;\t()\n"
    "C-E3:\tFrustration; Anger;\t(caf\xe9)\n"
    "C-F1:\tExcited;\t()\n"
    "A-E3:\tval 3; act 2; dom  2;\t()\n\n"
    "[20.0000 - 21.5000]\tSes01F_impro05a_F001\txxx\t[3.0000, 3.0000, 0.5000]\n"
    "C-E2:\t(not sure)\n"
    "C-E4:\tNeutral state; Other;\t(amused)\n\n"
    "[7.5712 - 10.4750]\tSes01F_impro05a_M000\texc\t[3.0000, 3.0000, 3.0000]\n"
)
WORDS = (
    "Ses01F_impro05a_F000 [006.2901-008.2357]: Here they are.\n"
    "Ses01F_impro05a_M000 [007.5712-010.4750]: At last!\n"
    "Ses01F_impro05a_F001 [020.0000-021.5000]: \n"
    "Ses01F_impro05a_MXX0 [022.0000-023.0000]: Hm.\n"
    "M: Hm again.\n"
)


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode("latin-1"))
    return file


def session(
    root: Path, name: str = "Ses01F_impro05a", blocks: str = BLOCKS, words: str = WORDS
) -> Path:
    folder = root / f"Session{name[4]}"
    blocks, words = (t.replace("Ses01F_impro05a", name) for t in (blocks, words))
    write(folder / "dialog" / "EmoEvaluation" / f"{name}.txt", HEAD + blocks)
    write(folder / "dialog" / "transcriptions" / f"{name}.txt", words)
    write(folder / "dialog" / "avi" / "DivX" / f"{name}.avi", "film")
    for line in blocks.splitlines():
        if line.startswith("["):
            key = line.split("\t")[1]
            write(folder / "sentences" / "wav" / name / f"{key}.wav", "sound")
    return folder
