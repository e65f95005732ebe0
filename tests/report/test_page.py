"""The HTML report in a real browser: it stays quiet, works from the keyboard, and can be read."""

from __future__ import annotations

import dataclasses
import html
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from build import LINES, film, filmed, overlapping, reasoned, sound, timeline, turn
from chromium import chromium

from empathia.face.motion import neutral
from empathia.labels import LabelSet
from empathia.labels.sets import GOEMOTIONS28
from empathia.pipeline.reacting import Reacted, react
from empathia.reaction import lively
from empathia.report.face import model
from empathia.report.face.picture import carried, strokes
from empathia.report.timeline import write
from empathia.report.wording import UNTOLD
from empathia.types import Emotion, Timeline, Turn, Utterance

pytestmark = pytest.mark.browser


def write_page(
    found: Timeline, folder: Path, audio: bytes | None = None, moving: bytes | None = None
) -> Path:
    return write(found, folder / "page.html", audio, moving)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def window(browser) -> Any:
    """One for all visits: another process for each would take most of the time."""
    return browser.new_page()


@pytest.fixture
def page(window) -> Any:
    """A page that tests go elsewhere with, as it is in a new window."""
    if window.viewport_size != {"width": 1280, "height": 720}:
        window.set_viewport_size({"width": 1280, "height": 720})
    window.mouse.move(0, 0)
    return window


FOUND = timeline(8, abstain=(2,), texts=(*LINES[:5], "Rindfleischetikettierung" * 6, *LINES[6:]))


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    return write_page(FOUND, tmp_path_factory.mktemp("talk"))


@pytest.fixture
def talk(page, written) -> Iterator[Visit]:
    """A page of it that stays open for the next test, which chooses what it looks at."""
    with Visit(page, written) as visit:
        yield visit


class Visit:
    """A page that is open and all that it complained about or asked for."""

    def __init__(self, page: Any, path: Path) -> None:
        self.page, self.path = page, path
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.heard = {
            "request": lambda r: self.requests.append(r.url),
            "console": lambda m: self.complaints.append(f"{m.type}: {m.text}"),
            "pageerror": lambda e: self.complaints.append(str(e)),
        }
        for event, hear in self.heard.items():
            page.on(event, hear)
        if page.url != path.as_uri():
            page.goto(path.as_uri())

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        strange = [
            r
            for r in self.requests
            if r != self.path.as_uri() and not r.startswith(("data:", "blob:"))
        ]
        for event, hear in self.heard.items():
            self.page.remove_listener(event, hear)
        if kind is None:
            assert self.complaints == [] and strange == []

    def title(self) -> str:
        return str(self.page.locator("#detail-title").inner_text())

    def focused(self) -> str:
        name = "(e) => e.getAttribute('aria-label') || e.textContent"
        return str(self.page.evaluate(f"({name})(document.activeElement)"))


def test_every_turn_is_there(talk):
    rows = talk.page.locator("table.all tbody tr:not(.answer)").all_inner_texts()
    assert len(rows) == 8
    for row, said in zip(rows, FOUND.turns, strict=True):
        assert (said.utterance.text or "") in row
    blocks = talk.page.locator("button.turn")
    names = blocks.evaluate_all("all => all.map(b => b.getAttribute('aria-label'))")
    assert len({re.match(r"Turn (\d+), (Ann|Ben), ", n).group(1) for n in names}) == len(names) == 8
    assert talk.page.locator(".track").count() == 2
    areas = talk.page.locator(".chart .area")
    assert areas.count() == 14, "seven labels, twice, as one turn abstains"
    assert talk.page.locator(".chart .block.none").count() == 1, "which is told in its place"
    assert "?" in (talk.page.locator(".chart text:not(.initial)").text_content() or "")
    assert talk.page.title() == "talk.wav · Empathia"


def test_whose_emotion_is_plotted_can_be_chosen(talk):
    path = "document.querySelector('.chart .area').getAttribute('d')"
    talk.page.get_by_role("radio", name="everybody").check()
    everybody = talk.page.evaluate(path)
    talk.page.get_by_role("radio", name="Ben", exact=True).check()
    assert talk.page.evaluate(path) != everybody
    talk.page.get_by_role("radio", name="everybody").check()
    assert talk.page.evaluate(path) == everybody


def test_details_show_what_is_known(talk):
    detail, first = talk.page.locator("#detail"), FOUND.turns[0]
    talk.page.get_by_role("button", name="Open turn 1, Ann").click()
    shaky = [w.text for w in first.words if w.probability < 0.5]
    assert len(shaky) > 0 and detail.locator(".words .shaky").count() == len(shaky)
    assert detail.locator(".words li").count() == len(first.words)
    shown = detail.inner_text()
    for part in (
        "together",
        "words",
        "voice",
        "high volume, low pitch, slow",
        "tense",
        "speaker so far",
        "mean pitch",
        "Hz",
    ):
        assert part in shown, part
    assert first.emotion is not None and first.emotion.confidence is not None
    best = detail.locator(".bars td:nth-of-type(1) .best").inner_text()
    assert best == f"{round(first.emotion.confidence * 100)}\u00a0%"
    talk.page.get_by_role("button", name="Open turn 3, Ann").click()
    assert "did not commit itself: too short" in detail.inner_text()
    talk.page.get_by_role("button", name="Next turn").click()
    assert talk.title().startswith("Turn 4 ") and "not measured" in detail.inner_text()
    assert talk.focused() == "Next turn"
    talk.page.get_by_role("button", name="Open turn 8, Ben").click()
    assert "That sounds like a long wait." in detail.inner_text()


def test_layout_fits_and_text_can_be_read(talk):
    for width in (400, 780, 1060, 1239, 1240, 1440):
        talk.page.set_viewport_size({"width": width, "height": 900})
        assert_fits(talk.page)
        if width in {400, 1440}:
            assert_read(talk.page)


def test_keyboard_reaches_opens_and_plays(page, tmp_path):
    made = timeline(4)
    with Visit(page, write_page(made, tmp_path, sound(made.duration or 0))) as visit:
        assert_named(visit.page)
        keys = visit.page.keyboard
        visit.page.get_by_role("button", name="Fit all into the page").focus()
        for _ in range(4):
            keys.press("Tab")
            if visit.focused().startswith("Turn 1,"):
                break
        assert visit.focused().startswith("Turn 1, Ann")
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert visit.page.evaluate(outline) == "solid"
        keys.press("ArrowRight")
        assert visit.focused().startswith("Turn 2, Ben") and visit.title().startswith("Turn 2 ")
        keys.press("ArrowUp")
        assert "Ann" in visit.focused()
        keys.press("End")
        assert visit.focused().startswith("Turn 4,")
        keys.press("Home")
        keys.press("ArrowRight")
        keys.press("Enter")
        element, (_, second, *_) = "document.getElementById('sound')", made.turns
        begin, end = second.utterance.start or 0, second.utterance.end or 0
        visit.page.wait_for_function(f"() => !{element}.paused && {element}.currentTime > {begin}")
        assert visit.title().startswith("Turn 2 · Ben")
        assert "Turn 2, Ben" in visit.page.locator("#status").inner_text()
        keys.press("Escape")
        visit.page.wait_for_function(f"() => {element}.paused")
        assert visit.page.evaluate(f"{element}.currentTime") <= end + 0.3


def assert_named(page: Any) -> None:
    """Every control has a name, no id is there twice, and one turn is in the tab order."""
    nameless = page.evaluate("""() => [...document.querySelectorAll(
        'button, input, a[href], summary, [role=group], [role=radiogroup], [role=img]')]
      .filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim()
        || (e.labels && e.labels.length && e.labels[0].textContent.trim())
        || (e.getAttribute('aria-labelledby') || '').split(' ').filter(Boolean)
            .some((id) => document.getElementById(id)?.textContent.trim())))
      .map((e) => e.outerHTML)""")
    assert nameless == []
    doubled = page.evaluate("""() => { const all = [...document.querySelectorAll('[id]')]
      .map((e) => e.id); return all.filter((id, i) => all.indexOf(id) !== i); }""")
    assert doubled == []
    tabbed = page.locator("button.turn[tabindex='0']").count()
    assert tabbed == 1, "one turn in the tab order, arrows reach the others"
    assert page.locator("html[lang], title").count() == 2


def test_a_turn_stops_at_its_end_and_all_goes_on(page, tmp_path):
    turns = (
        turn(0, text="one", span=(0.2, 0.4)),
        turn(1, text="two", speaker="Ben", span=(0.5, 0.7)),
    )
    found = Timeline("a.wav", turns, ("Ann", "Ben"), 0.8, has_audio=True, waveform=(0.5,) * 50)
    with Visit(page, write_page(found, tmp_path, sound(0.8))) as visit:
        element = "document.getElementById('sound')"
        visit.page.wait_for_function(f"() => {element}.readyState >= 1")
        assert visit.page.evaluate(f"{element}.duration") == pytest.approx(0.8, abs=0.05)
        visit.page.locator("button.turn").first.click()
        visit.page.wait_for_function(f"() => {element}.paused && {element}.currentTime > 0.25")
        assert 0.4 <= visit.page.evaluate(f"{element}.currentTime") < 0.7
        assert visit.title().startswith("Turn 1 ")
        visit.page.get_by_role("button", name="Play all").click()
        visit.page.wait_for_function(f"() => {element}.ended", timeout=10_000)
        assert visit.title().startswith("Turn 2 "), "the details keep up with the voice"


def test_opus_from_pyav_has_the_right_length(page, tmp_path):
    av = pytest.importorskip("av", reason="PyAV is not installed")
    import numpy as np

    out, seconds = io.BytesIO(), 3.0
    with av.open(out, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        samples = 0.1 * np.sin(np.arange(int(seconds * 48_000)) * 0.03).astype(np.float32)
        for at in range(0, len(samples), 960):
            part = np.ascontiguousarray(samples[None, at : at + 960])
            frame = av.AudioFrame.from_ndarray(part, format="flt", layout="mono")
            frame.sample_rate, frame.pts = 48_000, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with Visit(page, write_page(timeline(2), tmp_path, out.getvalue())) as visit:
        visit.page.wait_for_function("() => document.getElementById('sound').readyState >= 1")
        length = visit.page.evaluate("document.getElementById('sound').duration")
        assert length == pytest.approx(seconds, abs=0.1)
        assert "/ 0:03" in visit.page.locator("#player").inner_text()


def test_a_film_plays_turn_by_turn_and_faces_are_shown(page, tmp_path):
    path = write_page(filmed(), tmp_path, moving=film(8))
    with Visit(page, path) as visit:
        element = "document.getElementById('sound')"
        visit.page.wait_for_function(f"() => {element}.readyState >= 1")
        assert visit.page.evaluate(f"[{element}.tagName, {element}.videoWidth]") == ["VIDEO", 64]
        detail = visit.page.locator("#detail")
        assert detail.locator("svg.face").is_visible()
        for part in ("How it looked", "smile, brows raised", "in 83\u00a0% of the pictures"):
            assert part in detail.inner_text()
        visit.page.get_by_role("button", name="Play and open turn 2, Ben").click()
        visit.page.wait_for_function(f"() => !{element}.paused && {element}.currentTime > 5")
        assert "Not seen (1 face, and its mouth does not move" in detail.inner_text()
        visit.page.locator("video").click()
        visit.page.wait_for_function(f"() => {element}.paused")
        for width in (420, 1240):
            visit.page.set_viewport_size({"width": width, "height": 900})
            left, top, wide = visit.page.locator("video").evaluate(
                "v => (({ x, y, width }) => [x, y, width])(v.getBoundingClientRect())"
            )
            assert 200 < wide <= width - left and top < 900
            assert_fits(visit.page)


@pytest.mark.parametrize(
    "make",
    [
        lambda: timeline(5, times=False, source="chat.csv"),
        lambda: timeline(0),
        lambda: timeline(3, labels=GOEMOTIONS28, abstain=(0, 1, 2)),
        lambda: dataclasses.replace(
            timeline(4), turns=(*timeline(3).turns, turn(3, text="no times", speaker="Cy"))
        ),
        lambda: Timeline("x", (Turn(Utterance("a", 0, "Ann")),), ("Ann",)),
        lambda: Timeline("x", (Turn(Utterance("a", 0, "Ann", "hi", 0, 0)),), ("Ann",), 0.0),
    ],
    ids=["transcript", "nobody", "all unsure", "some times", "nothing known", "no length"],
)
def test_pages_of_little_work_too(page, tmp_path, make):
    found = make()
    with Visit(page, write_page(found, tmp_path)) as visit:
        assert visit.page.locator("table.all tbody tr:not(.answer)").count() == len(found.turns)
        if found.turns:
            assert visit.title().startswith("Turn 1 ")
        zooms = "document.querySelectorAll('#zoom button').forEach((b) => b.click())"
        visit.page.evaluate(zooms)


def test_within_a_page_that_told_what_it_is_its_head_is_left_out(page, tmp_path):
    path = write_page(Timeline("Recording.webm", (turn(0),), ("Ann",), 9.0), tmp_path)
    for inside in (False, True):
        page.goto("about:blank")
        page.goto(path.as_uri() + "#inside" * inside)
        page.locator("button.turn").wait_for()
        assert page.locator("h1", has_text="Recording.webm").is_visible() is not inside


def test_messages_of_a_chat_stand_one_behind_the_other(page, tmp_path):
    sent = [turn(i, span=(at, at), voice=False) for i, at in enumerate((0, 60, 36_000))]
    chat = Timeline("chat.txt", tuple(sent), ("Ann",), 36_000.0)
    with Visit(page, write_page(chat, tmp_path)) as visit:
        blocks = visit.page.locator("button.turn").all()
        widths = {round(block.bounding_box()["width"]) for block in blocks}
        assert len(widths) == 1 and widths.pop() > 100
        assert "0:00.0" in visit.page.locator("#detail").inner_text()
        assert "0.0 s" not in visit.page.locator("#detail").inner_text()


def test_independent_scores_are_drawn_as_lines(page, tmp_path):
    labels = LabelSet("two", ("calm", "tense"))
    turns = tuple(
        dataclasses.replace(
            turn(i, span=(i, i + 1)),
            emotions={},
            emotion=Emotion("fusion", labels, (0.9, 0.1 * i), exclusive=False),
        )
        for i in range(4)
    )
    with Visit(page, write_page(Timeline("a", turns, ("Ann",), 4.0), tmp_path)) as visit:
        assert visit.page.locator(".chart .curve").count() == 2
        assert visit.page.locator(".chart .area").count() == 0


def assert_fits(page: Any) -> None:
    """Nothing makes the page scroll sideways, words have room, tables stay in their panel."""
    wide, there, said, over = page.evaluate("""() => {
      const box = (node) => node.getBoundingClientRect();
      const panel = box(document.getElementById('turns')).right;
      const tables = [...document.querySelectorAll('#turns table, #turns .left-out tr')];
      return [document.documentElement.scrollWidth, window.innerWidth,
        box(document.querySelector('td.said')).width,
        Math.max(...tables.map((t) => box(t).right)) - panel];
    }""")
    assert wide <= there and said >= 140 and over <= 0, (there, wide, said, over)


def assert_read(page: Any, texts: str = "") -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(CONTRAST.replace("small,", f"small, {texts}")) == [], scheme
    page.emulate_media(color_scheme="light")


def test_a_korean_page_says_all_in_korean_and_fits(page, tmp_path):
    texts = ("아침 내내 찾았는데 아무도 모르더라고요", None, "그래요")
    made = reasoned(timeline(4, texts=texts, speakers=("Speaker 1", "joy"), notes=()), hostile="음")
    made = dataclasses.replace(made, source="대화", provenance={})
    path = write(made, tmp_path / "korean.html", sound(1), language="ko")
    with Visit(page, path) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        read = visit.page.evaluate("""() => [document.body.innerText, ...[...document
          .querySelectorAll('[aria-label], [title]')].flatMap((e) => [e.ariaLabel, e.title])]
          .join(' ')""")
        visit.page.get_by_role("button", name="다음 발화").click()
        read += visit.page.locator("#detail").inner_text()
        kept = {"Empathia", "JavaScript", "Enter", "dB", "Hz", "lm", "mine", "joy"}
        asked = {"system", "user", "Ann", "How", "do", "they", "feel"}
        said = {"That", "sounds", "like", "long", "wait", "rules"}
        assert set(re.findall("[A-Za-z]{2,}", read)) - asked - said <= kept
        assert (
            "화자 1" in read
            and "발화 2, joy, " in read
            and visit.page.evaluate("document.documentElement.lang") == "ko"
        )
        for width in (400, 1440):
            visit.page.set_viewport_size({"width": width, "height": 900})
            assert_fits(visit.page)
        assert_read(visit.page)


# Text against the first opaque ground behind it, by WCAG's formula; chips choose their own.
CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (css) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => [r, g, b]
    .reduce((sum, v, i) => sum + [0.2126, 0.7152, 0.0722][i] * linear(v / 255), 0);
  const ground = (node) => {
    for (let n = node; n; n = n.parentElement) {
      const colour = rgba(getComputedStyle(n).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return rgba('Canvas');
  };
  const faint = [];
  const texts = 'h1, h2, h3, p, li, td, th, small, dt, dd, label, .chip, button';
  for (const node of document.querySelectorAll(texts)) {
    if (!node.textContent.trim() || node.disabled || !node.getClientRects().length) continue;
    const [a, b] = [light(rgba(getComputedStyle(node).color)), light(ground(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${node.className || node.tagName} ${ratio.toFixed(1)}`);
  }
  return [...new Set(faint)];
}"""


def test_without_javascript_all_turns_and_the_sound_are_there(page, tmp_path):
    text = write_page(timeline(7), tmp_path, sound(1)).read_text("utf-8")
    page.set_content(f'<iframe sandbox width="900" height="900" srcdoc="{html.escape(text)}">')
    still = page.frame_locator("iframe")
    assert still.locator("table.all tbody tr:not(.answer)").count() == 7
    assert still.get_by_text("Shall we still go and see the sea").is_visible()
    assert still.locator("audio[controls]").is_visible()


@pytest.mark.slow
def test_an_hour_of_talk_stays_usable(page, tmp_path):
    found = timeline(250, speakers=("Ann", "Ben", "Cy"), replies=False)
    with Visit(page, write_page(found, tmp_path)) as visit:
        scroller = visit.page.locator("#scroller")
        inner = "e => [e.scrollWidth, e.clientWidth]"
        wide, seen = scroller.evaluate(inner)
        assert wide > 2 * seen, "turns are wide enough to hit, so the timeline scrolls"
        assert visit.page.locator(".chart.crowded").count() == 0
        visit.page.get_by_role("button", name="Fit all into the page").click()
        wide, seen = scroller.evaluate(inner)
        assert wide <= seen + 1 and visit.page.locator(".chart.crowded").count() == 1
        visit.page.get_by_role("button", name="Open turn 200,").click()
        visit.page.get_by_role("button", name="Zoom in").click()
        assert visit.title().startswith("Turn 200 ")
        assert visit.page.locator("button.turn.chosen").count() == 1


def test_what_is_thrown_in_is_told_and_does_not_tear_the_chart(page, tmp_path):
    with Visit(page, write_page(overlapping(), tmp_path)) as visit:
        visit.page.locator("button.turn").nth(2).click()  # the lanes are speaker by speaker
        text = visit.page.locator("#detail").inner_text()
        assert "Turn 2 · Ben?" in text
        for line in ("language: de", "another speaks too for 0.5 s", UNTOLD):
            assert line in text
        path = "document.querySelector('.chart .area').getAttribute('d')"
        places = [float(x.split()[0]) for x in re.split("[MLZ]", visit.page.evaluate(path)) if x]
        assert len(set(places)) == 4, "two turns of Ann, and none of Ben inside of the first"


def test_reasons_unfold_by_the_keyboard_and_stay_words(page, tmp_path):
    attack = "</details><script>document.title='hacked'</script><img src=x onerror=alert(1)>"
    with Visit(page, write_page(reasoned(timeline(3), hostile=attack), tmp_path)) as visit:
        detail = visit.page.locator("#detail details.because")
        assert detail.count() == 1 and visit.page.title() != "hacked"
        prompt = detail.locator("pre").last
        assert not prompt.is_visible()
        summary = detail.locator("summary")
        assert f"because of “{attack}” and (voice: low volume)" in summary.inner_text()
        summary.focus()
        visit.page.keyboard.press("Enter")
        assert prompt.inner_text().split("\n")[1] == f"Ann: {attack}"
        rows = detail.locator("tbody tr").all_inner_texts()
        assert [r.split()[-2] for r in rows] == ["31", "43", "73"]
        widths = detail.locator("tbody tr").evaluate_all(
            "all => all.map(r => [...r.querySelectorAll('rect')].slice(1)"
            ".map(x => [x.getAttribute('class'), +x.getAttribute('width')]))"
        )
        assert widths[0] == [["stays", 31], ["falls", 31]]
        assert widths[2] == [["stays", 62], ["rises", 11]]
        visit.page.get_by_role("button", name="Next turn").click()
        assert visit.page.locator("#detail details.because").count() == 2
        visit.page.get_by_role("button", name="Next turn").click()
        assert visit.page.locator("#detail details.because").count() == 0
        assert visit.page.locator("img, script:not([type])").count() == 1


def test_reasons_fit_and_can_be_read(page, tmp_path):
    made = reasoned(timeline(2), hostile="Rindfleischetikettierung" * 9)
    with Visit(page, write_page(made, tmp_path)) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        for width in (1400, 400):
            visit.page.set_viewport_size({"width": width, "height": 900})
            assert_fits(visit.page)
        assert_read(visit.page, "pre, b, summary,")


def test_words_of_attack_stay_words(page, tmp_path):
    attack = "</script><script>document.title='hacked'</script><img src=x onerror=alert(1)>"
    said = turn(0, speaker=attack, text=attack, span=(0, 1), reply=attack)
    found = Timeline(attack, (said,), (attack,), 1.0, notes=(attack,), provenance={"a": attack})
    with Visit(page, write_page(found, tmp_path)) as visit:
        assert visit.page.title() != "hacked"
        assert visit.page.locator("img, script:not([type])").count() == 1
        assert attack in visit.page.locator("#detail").inner_text()


FACE_JS = Path(model.__file__).parents[1] / "assets" / "face.js"
LOOK = "document.getElementById('face').toDataURL()"


def face_page(reacted: Reacted, folder: Path, audio: bytes | None = None) -> Path:
    return write(reacted.timeline, folder / "face.html", audio, reacted=reacted)


def test_the_listeners_face_moves_with_the_sound(page, tmp_path):
    reacted = react(timeline(6))
    with Visit(page, face_page(reacted, tmp_path, sound(8))) as visit:
        assert "lively rules, not learnt" in visit.page.locator(".listener").inner_text()
        before = visit.page.evaluate(LOOK)
        visit.page.evaluate("document.getElementById('sound').currentTime = 4.2")
        visit.page.locator("#player .when", has_text="0:04").wait_for()
        visit.page.wait_for_timeout(100)
        assert visit.page.evaluate(LOOK) != before
        begun = [t.utterance for t in reacted.timeline.turns if (t.utterance.start or 0) <= 4.2]
        told = visit.page.locator("#face-said").inner_text()
        assert f"{begun[-1].speaker} {begun[-1].text}" in told
        visit.page.locator("#face-bar button").click()
        visit.page.locator("#face-bar button", has_text="Pause").wait_for()
        assert not visit.page.evaluate("document.getElementById('sound').paused")


def test_without_sound_the_face_has_a_clock_and_turns_follow_it(page, tmp_path):
    reacted = react(timeline(3, times=False, texts=("Oh.",)))
    with Visit(page, face_page(reacted, tmp_path)) as visit:
        assert "the turns have no times" in visit.page.locator(".listener").inner_text()
        visit.page.locator("#face-bar button").click()
        later = 1000 * reacted.times[1][0]  # ms that need not be waited for
        visit.page.evaluate(
            "later => { const now = performance.now.bind(performance);"
            " performance.now = () => now() + later; }",
            later,
        )
        visit.page.locator("#detail-title", has_text="Turn 2").wait_for()
        visit.page.locator("#face-bar button").click()
        still = visit.page.evaluate(LOOK)
        visit.page.wait_for_timeout(100)
        assert visit.page.evaluate(LOOK) == still


def test_the_page_draws_what_python_draws(page):
    """The two programs that move and draw a face, point for point."""
    reacted = react(timeline(6))
    moment = 200
    track = model.track(lively.NAMES, reacted.face, 25.0)
    page.goto("about:blank")
    page.add_script_tag(
        content=f"const byId = () => null, el = () => null, say = () => '';\n{FACE_JS.read_text()}"
    )
    asked = """([model, track, seconds]) => {
      track.numbers = unpacked(track.values);
      const flat = flatPoints(model, posedPoints(model, track, seconds));
      return model.shapes.map((s) => {
        const chosen = s.points.map((i) => flat[i]);
        if (s.kind === "net") return chosen;
        if (s.kind === "disc") { const d = discOf(chosen, s); return [[d.x, d.y], [d.radius, 0]]; }
        if (s.kind === "hull" || s.kind === "rim") return hullOf([...curveOf(chosen.slice(0, model.head), true), ...chosen.slice(model.head)]);
        return curveOf(chosen, s.kind === "fill");
      });
    }"""  # noqa: E501
    there = page.evaluate(asked, [model.model(), track, moment / 25])
    pose = reacted.face[moment, -3:]
    assert np.abs(pose).max() > 0.5
    points = carried(reacted.landmarks(moment, moment + 1)[0], pose)
    for (shape, lines, _), drawn in zip(strokes(points), there, strict=True):
        here = np.concatenate(lines)
        if shape.kind == "disc":
            middle, (radius, _) = drawn
            assert np.allclose(here.mean(0), middle, atol=2e-3)
            assert np.ptp(here[:, 0]) / 2 == pytest.approx(radius, abs=2e-3)
        elif shape.kind in {"hull", "rim"}:
            apart = np.linalg.norm(here[:, None] - np.array(drawn), axis=-1)
            assert max(apart.min(0).max(), apart.min(1).max()) < 0.02
        else:
            assert np.allclose(here, drawn, atol=2e-3)


def test_foretold_landmarks_are_drawn_where_they_are(page):
    points = np.tile(neutral().astype(np.float32), (3, 1, 1))
    points[2] += [0.1, -0.2, 0.0]
    track = model.places(points, 25.0)
    page.goto("about:blank")
    page.add_script_tag(
        content=f"const byId = () => null, el = () => null, say = () => '';\n{FACE_JS.read_text()}"
    )
    asked = """([model, track, seconds]) => {
      track.numbers = unpacked(track.points);
      track.width = 3 * model.rest.length;
      const moved = placedPoints(model, track, seconds);
      return moved.map((p, i) => p.map((v, c) => v - model.rest[i][c]));
    }"""
    half = np.array(page.evaluate(asked, [model.model(), track, 1.5 / 25]))
    assert np.allclose(half, [0.05, -0.1, 0.0], atol=1e-3)
