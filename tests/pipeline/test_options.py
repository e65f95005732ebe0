"""How many people speak, as it can be said."""

from __future__ import annotations

import pytest

from empathia.cli import main
from empathia.errors import UsageError
from empathia.pipeline import Options


@pytest.mark.parametrize(
    ("speakers", "names", "people"),
    [
        (None, (), None),
        (3, (), 3),
        ((2, 4), (), (2, 4)),
        ([2, 4], (), (2, 4)),
        ((3, 3), (), 3),
        (None, ("Ann", "Ben"), 2),
        ((2, 4), ("Ann", "Ben", "Cid"), (2, 4)),
        (3, ("Ann",), 3),
    ],
)
def test_who_names_the_speakers_has_counted_them_but_where_a_number_is_given(
    speakers, names, people
):
    assert Options(speakers=speakers, names=names).people == people


@pytest.mark.parametrize("speakers", [0, 21, True, 2.0, "3", (1, 2, 3), (0, 2), (4, 2), (2, "4")])
def test_impossible_numbers_of_speakers_are_refused(speakers):
    with pytest.raises(UsageError, match="expected 1 to 20 speakers, found"):
        Options(speakers=speakers)


@pytest.mark.parametrize("pause", [0.19, 5.1, float("nan"), float("inf"), True, "1"])
def test_impossible_pauses_are_refused(pause):
    with pytest.raises(UsageError, match=r"expected a pause of 0\.2 to 5 s, found"):
        Options(pause=pause)


@pytest.mark.parametrize("speakers", ["few", "2-", "-2", "2-3-4", "2.5", ""])
def test_what_is_no_number_of_speakers_is_refused(capsys, speakers):
    with pytest.raises(SystemExit):
        main(["read", "talk.txt", f"--speakers={speakers}"])
    assert f"expected a number such as 3 or 2-4, found '{speakers}'" in capsys.readouterr().err


@pytest.mark.parametrize("face", ["face 2", "=face 2", "Ann="])
def test_what_is_nobodys_face_is_refused_before_the_work(tmp_path, capsys, face):
    path = tmp_path / "talk.mp4"
    path.write_bytes(b"")
    assert main(["read", str(path), f"--face={face}"]) == 2
    assert f"--face expects NAME=FACE, found '{face}'" in capsys.readouterr().err


@pytest.mark.parametrize("code", ["xx", "Korean", "", "e", "en2", "x-en"])
def test_what_is_no_language_is_refused_before_the_work(tmp_path, capsys, code):
    path = tmp_path / "talk.txt"
    path.write_text("Ann: Hello.\n", "utf-8")
    assert main(["read", str(path), f"--language={code}"]) == 2
    told = capsys.readouterr().err
    assert f"'{code}' is no language code" in told and "ko (Korean)" in told


@pytest.mark.parametrize(
    ("said", "code"), [("EN", "en"), ("pt_BR", "pt"), (" ko ", "ko"), ("haw",) * 2]
)
def test_a_language_may_be_written_as_usual(said, code):
    assert Options(language=said).language == code


def test_a_file_of_careful_replies_is_read_at_the_start(tmp_path):
    with pytest.raises(UsageError, match="there is no file of careful replies at 'nowhere'"):
        Options(care="nowhere")
    file = tmp_path / "care.toml"
    file.write_text("[en]\nabuse = 'Call.'\n", encoding="utf-8")
    assert Options(care=file).care == file
    assert (Options().care, Options(care="off").care) == ("default", "off")


def test_care_without_a_reply_is_refused(capsys, tmp_path):
    talk = tmp_path / "talk.txt"
    talk.write_text("A: Hello.\n", encoding="utf-8")
    assert main(["read", str(talk), "--care", "off"]) == 2
    assert "--care says how to reply, and no reply is asked for" in capsys.readouterr().err
