"""The HTML report as text: nothing comes from outside, nothing that people say is markup."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser

import pytest
from build import LINES, drawn_face, filmed, overlapping, sound, timeline, turn
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.errors import UsageError
from empathia.report.timeline.faces import drawn
from empathia.report.timeline.html import kind_of, page
from empathia.report.wording import UNTOLD
from empathia.types import Timeline

ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SPICE = st.sampled_from(["</script>", "<!--", "<script>", "&lt;", '"', "'", "{{data}}", "]]>", ""])


class Reader(HTMLParser):
    """Collects elements, their attributes and the text inside them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.text.setdefault(self._open[-1], []).append(data)


def test_all_is_inside_and_the_policy_names_it_by_hash():
    text = page(timeline(4), sound(1))
    read = Reader(text)
    for tag, attributes in read.tags:
        for name in ("src", "href"):
            address = attributes.get(name)
            assert address is None or address.startswith(("data:", "#")), (tag, address)
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    policy = next(a["content"] for t, a in read.tags if a.get("http-equiv"))
    assert policy is not None and policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for kind, tag in (("script", "<script>"), ("style", "<style>")):
        inner = text.split(tag)[1].split(f"</{kind}>")[0]
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_text_without_scripts_holds_every_turn_and_every_caution():
    found = timeline(30, abstain=(3,), notes=("a note <b>",))
    text = html.unescape(re.sub(r"<script.*?</script>|<[^>]+>", " ", page(found), flags=re.DOTALL))
    flat = " ".join(text.split())
    for n in range(30):
        assert f'id="turn-{n + 1}"' in page(found)
    for part in (
        *LINES,
        "talk.wav",
        "uncertain",
        "Non-commercial use only: voice-default",
        "a note <b>",
        "too short",
        "That sounds like a long wait.",
    ):
        assert part in flat, part
    for said in found.turns:
        if said.emotion is not None and said.emotion.label is not None:
            assert said.emotion.label in flat


def body_tags(found: Timeline) -> list[str]:
    """Every element of the page's body but for the inline script."""
    body = page(found).split("<body>")[1].rpartition("<script>")[0]
    return [tag for tag, _ in Reader(body).tags]


PLAIN = body_tags(
    Timeline(
        "s",
        (turn(0, text="w", span=(0, 1), reply="r"),),
        ("Ann",),
        2.0,
        notes=("n",),
        provenance={"x": "y"},
    )
)


@settings(max_examples=40, deadline=None)
@given(words=ANYTHING, name=ANYTHING, spice=SPICE, note=ANYTHING, source=ANYTHING)
def test_nothing_that_people_say_becomes_markup(words, name, spice, note, source):
    who, text, provenance = spice + name, f"w{words}{spice}", {"x": spice}
    said = turn(0, speaker=who, text=text, span=(0, 1), reply=spice + words)
    found = Timeline(
        source + spice, (said,), (who,), 2.0, notes=(note + spice,), provenance=provenance
    )
    assert body_tags(found) == PLAIN, "the same elements as a page of harmless words"
    block = page(found).split('<script type="application/json" id="data">')[1]
    data = json.loads(block.split("</script>")[0])
    assert (data["turns"][0]["text"], data["turns"][0]["speaker"]) == (text, who)


def test_who_speaks_over_whom_how_surely_and_in_which_language():
    text = page(overlapping())
    read = Reader(text)
    assert "0:08 · 2 speakers (or 3) · 3 turns · languages: en, de" in read.text["p"]
    assert [a.get("title") for t, a in read.tags if a.get("class") == "doubt"] == [UNTOLD]
    assert read.text["small"][0] == "en · overlap 0.5 s"
    spoken = [a.get("lang") for t, a in read.tags if a.get("class") == "said"]
    assert spoken == ["en", "de", "en"], "the third is in the language of the recording"


def test_control_characters_and_surrogates_do_not_reach_the_markup():
    found = Timeline(
        "a\udce9\x00.wav", (turn(0, speaker="A\x1b", text="b\x00\ud800c"),), ("A\x1b",)
    )
    table = page(found).split('<script type="application/json"')[0]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\ud800-\udfff]", table)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"OggS", "audio/ogg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"RIFF", "audio/wav"),
        (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
    ],
)
def test_sound_is_known_by_its_first_bytes(start, kind):
    assert kind_of(start + bytes(20)) == kind
    assert f'src="data:{kind};base64,' in page(timeline(1), start + bytes(20))


def test_unknown_sound_is_refused_and_a_named_one_is_not():
    with pytest.raises(UsageError, match="no known kind"):
        page(timeline(1), b"what is this")
    assert 'src="data:audio/x;base64,' in page(timeline(1), b"what is this", "audio/x")


def test_why_there_is_no_sound():
    assert "left out of this page" in page(timeline(2))
    assert "Read without sound" in page(timeline(2, times=False))


def test_a_face_is_shown_beside_its_turn_and_drawn_where_no_picture_was_kept():
    text = page(filmed(b"\xff\xd8 a face"))
    rows = text.split('<tr id="turn-')[1:]
    address = base64.b64encode(b"\xff\xd8 a face").decode()
    assert f'<img src="data:image/jpeg;base64,{address}"' in rows[0]
    assert (
        "smile, brows raised. May come across as glad or amused (face 1, in 83 % of the" in rows[0]
    )
    assert "<img" not in rows[1] and "not seen (1 face, and its mouth does not" in rows[1]
    assert '<svg class="face"' in rows[2] and "look" not in rows[3].split("<footer")[0]
    assert "estimates from words, voice and face, not" in text
    assert "estimates from words and voice, not" in page(timeline(1))
    assert "estimates from words, not" in page(timeline(1, times=False))
    data = json.loads(text.split('id="data">')[1].split("</script>")[0])
    assert "landmarks" not in data["turns"][0]["seen"], "the drawing is enough"
    assert "sounded and looked" not in page(timeline(2))


@given(st.floats(-0.3, 0.3), st.floats(0.2, 5), st.floats(-3, 3))
def test_a_drawn_face_lies_in_its_frame_wherever_and_however_large_it_is(smile, size, shift):
    svg = drawn(drawn_face(smile) * size + shift, "Ann: a <smile>")
    places = [int(x) for d in re.findall(r' d="([^"]+)"', svg) for x in re.findall(r"-?\d+", d)]
    assert len(places) > 200 and min(places) >= 0 and max(places) <= 320
    assert max(places) - min(places) > 160, "it fills the frame"
    assert "Ann: a &lt;smile&gt;" in svg


@pytest.mark.parametrize(
    ("start", "kind"), [(b"\x1aE\xdf\xa3", "webm"), (b"\0\0\0\x20ftypisom", "mp4")]
)
def test_a_film_takes_the_place_of_the_sound(start, kind):
    text = page(filmed(), sound(1), film=start + bytes(20))
    (video,) = re.findall("<video id=[^>]{1,80}", text)
    assert f'src="data:video/{kind};' in video
    assert "<audio" not in text
    with pytest.raises(UsageError, match="film for the page is of no known kind"):
        page(filmed(), film=b"what is this")
