"""Talks on the page: written and spoken, answered aloud, interrupted, paused, broken off."""

from __future__ import annotations

import pytest
from serving import scripted, serving
from visiting_page import Visit, watching

from empathia.service.settings import Settings

pytestmark = pytest.mark.browser
SPY = """
window.seen = { sockets: [], said: [], told: [], sources: [], tracks: [] };
seen.until = async (holds) => { // the page's policy forbids what playwright waits with
  for (let tries = 0; !holds(); tries += 1) {
    if (tries > 3000) throw new Error(`never: ${holds}`);
    await new Promise((go) => setTimeout(go, 10));
  }
};
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    seen.sockets.push(this);
    this.addEventListener("message", ({ data }) => {
      seen.told.push({ ...JSON.parse(data), at: performance.now() });
    });
  }
  send(data) { seen.said.push(JSON.parse(data)); super.send(data); }
};
const { start, stop } = AudioBufferSourceNode.prototype;
AudioBufferSourceNode.prototype.start = function (...given) {
  const source = { begun: performance.now() };
  this.spied = source;
  seen.sources.push(source);
  this.addEventListener("ended", () => { source.over ??= performance.now(); });
  return start.apply(this, given);
};
AudioBufferSourceNode.prototype.stop = function (...given) {
  this.spied.over ??= performance.now();
  return stop.apply(this, given);
};
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await ask(wanted);
  seen.tracks.push(...stream.getTracks());
  return stream;
};
"""
DEAF = """
const refused = new DOMException("", "NotAllowedError");
navigator.mediaDevices.getUserMedia = () => Promise.reject(refused);
"""
HAS_A_VOICE = """
window.spoken = [];
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
const voice = { name: "Yuna", lang: "ko-KR", localService: true };
const far = { name: "Far", lang: "ko-KR", localService: false };
speechSynthesis.getVoices = () => [far, voice];
speechSynthesis.speak = (one) => spoken.push([one.text, one.voice.name]);
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A service that speaks, with models that a test can see through."""
    settings = Settings(tmp_path_factory.mktemp("service"), voice="little")
    with serving(scripted(settings)) as address:
        yield address


class Talk(Visit):
    """The view, and what the browser was asked to do."""

    def __init__(self, browser, place, *scripts, **options):
        super().__init__(browser, place, "talk", scripts=(SPY, *scripts), **options)
        self.is_("off")

    def is_(self, state):
        self.page.locator(f".state[data-is={state}]").wait_for()

    def write(self, text):
        self.page.locator("textarea").fill(text)
        self.page.locator("textarea").press("Enter")

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).press("Enter")

    def answered(self, text):
        self.page.locator(".answer", has_text=text).wait_for()
        self.until("seen.told.at(-1).type === 'assistant_end'")

    def until(self, what):
        self.page.evaluate(f"seen.until(() => {what})")

    def said(self):
        return [" ".join(x.split()) for x in self.page.locator(".said > li").all_inner_texts()]


def test_what_is_written_is_answered_with_what_it_felt_like(browser, place):
    with Talk(browser, place) as talk:
        talk.write("I am sad.")
        talk.answered("How was it?")
        talk.write("I am unsure.")
        talk.answered("I am unsure.")
        first, second, third, _ = talk.said()
        assert first.startswith("You I am sad. S sadness 70 % then neutral 5 %")
        assert second == "Empathia You said: I am sad. How was it? Why this answer"
        why = talk.page.locator(".answer details p").first.text_content()
        assert why == "taken for “a pet died” (74%)"
        assert "? unsure It is not sure enough to name a feeling." in third
        assert talk.page.evaluate("seen.tracks.length") == 0  # nobody was heard
        assert talk.page.evaluate("document.activeElement.tagName") == "TEXTAREA"


def test_what_is_spoken_is_shown_in_words_until_one_leaves(browser, place):
    with Talk(browser, place, watching(".yours[aria-busy]")) as talk:
        talk.press("Begin to talk")
        talk.answered("a tone of 220 Hz")
        assert any("a tone" in x for x in talk.page.evaluate("shown"))  # while one still spoke
        assert talk.page.evaluate("seen.told.find((x) => x.type === 'user_message').interim")
        assert talk.page.locator(".yours").count() == 1
        talk.page.get_by_label("Language").select_option("ko")
        talk.page.get_by_role("dialog").get_by_text("The microphone is on").wait_for()
        talk.page.keyboard.press("Escape")
        talk.page.get_by_text("How it sounded").press("Enter")
        details = talk.page.locator(".yours details").inner_text()
        assert "pitch\nlow" in details and "may come across as calm" in details
        assert talk.page.locator(".begin").evaluate("x => document.activeElement !== x")
        talk.page.evaluate("location.hash = '#limits'")
        talk.until("seen.tracks.every((x) => x.readyState === 'ended')")
        talk.until("seen.sockets.every((x) => x.readyState >= WebSocket.CLOSING)")
        talk.page.go_back()
        talk.page.locator(".yours", has_text="a tone of 220 Hz").wait_for()
        assert talk.page.get_by_role("button", name="Go on with the talk").is_visible()


def test_without_a_microphone_one_writes(browser, place):
    with Talk(browser, place, DEAF) as talk:
        talk.press("Begin to talk")
        talk.page.get_by_text("does not let this page hear").wait_for()
        talk.write("Hello.")
        talk.answered("You said: Hello.")
        talk.page.route_web_socket("**/chat*", lambda socket: socket.close(code=3000))
        talk.page.reload()
        talk.is_("off")
        talk.write("Hello?")
        talk.page.get_by_text("session has ended").wait_for()
        talk.is_("ended")


def test_who_interrupts_hears_it_no_more_at_once(browser, place):
    with Talk(browser, place) as talk:
        talk.write("word " * 80)
        talk.is_("speaking")
        talk.write("Stop. " + "word " * 80)
        talk.answered("Stop.")
        late = talk.page.evaluate("""() => {
          const { at } = seen.told.find((x) => x.type === "user_interruption");
          const playing = seen.sources.filter((x) => x.begun < at && !(x.over < at));
          const next = seen.told.find((x) => x.at > at && x.type === "user_message").at - at;
          return playing.map((x) => [(x.over ?? Infinity) - at, next]);
        }""")
        assert late and all(x <= min(next, 200) for x, next in late)
        talk.is_("speaking")
        talk.press("Hush")
        talk.is_("waiting")
        assert talk.page.evaluate("seen.sources.every((x) => x.over)")


def test_a_pause_holds_the_answer(browser, place):
    with Talk(browser, place) as talk:
        talk.write("Hello.")
        talk.answered("Hello.")
        talk.press("Pause answers")
        talk.write("I am sad.")
        talk.page.locator(".yours", has_text="sadness 70 %").wait_for()
        talk.is_("paused")
        heard = talk.page.evaluate("seen.told.map((x) => x.type)")
        talk.press("Answer again")
        talk.answered("You said: I am sad.")
        assert heard.count("assistant_end") == 1
        assert heard[-1] == "user_message"
        talk.press("Pause answers")
        talk.press("Answer again")  # nothing waits: nobody need know
        talk.until("seen.told.at(-1).type === 'error'")
        assert talk.page.locator(".notice").inner_text() == ""


def test_a_talk_that_broke_goes_on_with_all_that_was_said(browser, place):
    with Talk(browser, place) as talk:
        talk.write("I am sad.")
        talk.answered("I am sad.")
        before = talk.said()
        talk.page.evaluate("seen.sockets.at(-1).close()")
        talk.is_("ended")
        talk.press("Go on with the talk")
        talk.answered("a tone of 220 Hz")  # the microphone is on again
        talk.is_("listening")
        talk.write("I am back.")
        talk.answered("I am back.")
        after = talk.said()
        assert after[:2] == before
        assert "connection broke" in after[2]
        first, last = talk.page.evaluate("""
          seen.told.filter((x) => x.type === "chat_metadata").map((x) => x.chat_group_id)
        """)
        assert first == last
        talk.press("End the talk")
        talk.press("Begin a new talk")
        talk.page.get_by_role("dialog").get_by_role("button", name="Begin a new talk").click()
        talk.is_("off")
        assert talk.said() == []
        assert talk.context.request.delete(f"/v1/chats/{first}").status == 404


def test_where_the_service_has_no_korean_the_device_speaks(browser, place):
    with Talk(browser, place, HAS_A_VOICE, "localStorage['empathia-language'] = 'ko'") as talk:
        long = "나는 오늘 너무 슬프고 외로워서 울고 싶어요 정말로 그래요."
        talk.write(long)
        talk.answered("How was it?")
        assert talk.page.get_by_role("heading").first.inner_text() == "Empathia와 대화"
        told = talk.page.locator(".with").inner_text()
        assert "서비스에 한국어 목소리가 없어 이 기기의 목소리(Yuna)로 말합니다." in told
        assert talk.page.get_by_label("대답하는 동안 마이크 끄기").is_checked()
        why = talk.page.locator(".answer details p").first.text_content()
        assert why == "이런 이야기로 봄: 반려동물이 죽음(74%)"
        assert talk.page.evaluate("spoken[0]") == [f"You said: {long}", "Yuna"]


def test_nothing_sticks_out_at_the_side(browser, place):
    with Talk(browser, place, viewport={"width": 400, "height": 800}) as talk:
        talk.write("Donaudampfschifffahrt" * 20)
        talk.answered("Donau")
        talk.page.get_by_text("Shares of feelings").click()
        for width in (400, 1400):
            talk.page.set_viewport_size({"width": width, "height": 800})
            assert talk.page.evaluate("document.documentElement.scrollWidth") <= width
