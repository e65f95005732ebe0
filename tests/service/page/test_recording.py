"""Recording, uploads and questions on the page, in a real browser with a microphone that hums."""

from __future__ import annotations

import re

import pytest
from visiting_page import LASTED, Visit, watching

pytestmark = pytest.mark.browser
HEARD = """
const { mediaDevices } = navigator;
const ask = mediaDevices.getUserMedia.bind(mediaDevices);
mediaDevices.getUserMedia = async (wanted) => { window.heard = await ask(wanted); return heard; };
const { addModule } = AudioWorklet.prototype; // as where the service does not give it, once
AudioWorklet.prototype.addModule = () => {
  AudioWorklet.prototype.addModule = addModule;
  return Promise.reject(new DOMException("", "AbortError"));
};
"""
TOLD = """async ([statuses, problem]) => {
  const [{ told }, { Problem }] = [await import("/page/main.js"), await import("/page/lib/api.js")];
  return statuses.map((status) => {
    const all = told(new Problem(status, problem)).filter((p) => p);
    return [false, true].map((x) => all.filter((p) => (p.lang === "en") === x)
      .map((p) => p.textContent));
  });
}"""


def files(**texts):
    return [
        {"name": f"{name}.txt", "mimeType": "text/plain", "buffer": text.encode()}
        for name, text in texts.items()
    ]


def bring(page, **texts):
    """Upload texts; their rows."""
    page.locator("input[type=file]").set_input_files(files(**texts))
    rows = {name: page.locator("li", has_text=f"{name}.txt") for name in texts}
    for row in rows.values():
        row.wait_for()
    return rows


def test_what_is_recorded_is_shown_turn_by_turn_and_becomes_a_timeline(browser, place):
    with Visit(browser, place, "record", scripts=[watching(".going")]) as visit:
        page = visit.page
        page.get_by_text("More", exact=True).click()
        page.get_by_label("Names of the speakers").fill("Ann")
        page.get_by_role("button", name="Start recording").press("Enter")
        turn = page.locator(".live li").first
        turn.wait_for()
        assert "a tone" in " ".join(page.evaluate("shown"))  # while one still spoke
        assert "220 Hz" in turn.inner_text() and "joy 70 %" in turn.inner_text().replace(
            "\xa0", " "
        )
        stop = page.get_by_role("button", name="Stop and read")
        assert page.evaluate("document.activeElement.textContent") == "Stop and read"
        assert page.locator(".level b").evaluate("b => b.style.transform") > "scaleX(0.5"
        stop.press("Enter")
        told = page.get_by_role("heading", name=re.compile(r"^Recording of .+, \d\d:\d\d$"))
        told.wait_for()
        report = page.frame_locator("iframe").locator("body")
        assert re.search(r'^Recording \d{4}-.*webm .*\["Ann"\]', report.inner_text())
        page.go_back()
        page.get_by_role("button", name="Start recording").wait_for()


def test_a_recording_outlasts_a_service_that_does_not_answer(browser, place):
    with Visit(browser, place, "limits") as visit:
        page = visit.page
        page.route_web_socket("**/chat*", lambda socket: socket.close(code=3000))
        page.route("**/v1/jobs", lambda route: route.abort())
        page.goto("/#record")
        page.get_by_role("button", name="Start recording").click()
        page.get_by_text("Your session has ended. Go on speaking").wait_for()
        page.get_by_text(LASTED).wait_for()  # a browser gives nothing of what is shorter
        page.goto("/#recordings")  # away from it: what was recorded waits there
        held = page.locator("li", has_text="not sent yet")
        assert held.get_by_role("link", name="Save on this device").get_attribute("download")
        page.goto("/#record")
        page.get_by_role("button", name="Send it").click()
        page.get_by_text("The recording is still here").wait_for()
        page.unroute("**/v1/jobs")
        page.get_by_role("button", name="Send it").click()
        page.locator("iframe").wait_for()
        visit.complaints.clear()  # of the browser, that requests failed


def test_who_cannot_be_heard_is_told_why(browser, place):
    with Visit(browser, place, "record", scripts=(HEARD,)) as visit:
        page = visit.page
        start = page.get_by_role("button", name="Start recording")
        start.click()
        page.get_by_role("alert").get_by_text("does not answer").wait_for()
        assert page.evaluate("heard.getTracks().map((x) => x.readyState)") == ["ended"]
        start.click()
        page.get_by_role("timer").get_by_text(LASTED).wait_for()
        page.get_by_role("button", name="Throw away").click()
        page.evaluate("heard.getTracks()[0].dispatchEvent(new Event('ended'))")  # unplugged
        page.get_by_text("The microphone was unplugged").wait_for()
        page.get_by_role("dialog").get_by_role("button", name="Throw away").click()
        page.goto("/#limits")
        page.goto("/#record")
        start.wait_for()
        for fails, told in (
            ("NotAllowedError", "Allow the microphone"),
            ("NotFoundError", "No microphone"),
            ("NotReadableError", "another program"),
            (None, "https"),
        ):
            page.evaluate(
                """fails => Object.defineProperty(navigator, "mediaDevices", { configurable: true,
                value: fails && { getUserMedia: async () => { throw new DOMException("", fails); } }
                })""",
                fails,
            )
            start.click()
            page.get_by_role("alert").get_by_text(told).first.wait_for()


def test_two_are_brought_and_one_is_deleted(browser, place, tmp_path):
    with Visit(browser, place, "recordings") as visit:
        page = visit.page
        page.route("**/events", lambda route: route.abort(), times=1)
        with page.expect_event("requestfailed"):  # what follows goes on
            slow = bring(page, slow=f"wait {tmp_path / 'go'}")["slow"]
        (tmp_path / "go").touch()
        slow.get_by_text("1 turn").wait_for()
        assert len(visit.complaints) == 1
        visit.complaints.clear()
        rows = bring(page, first="Hello.\nYou.", second="Bye.")
        for name, told in (("first", "2 turns"), ("second", "1 turn")):
            rows[name].get_by_text(f"0:01 · 1 speaker · {told}").wait_for()
        names = page.locator("ul.jobs a").all_inner_texts()
        assert names.index("second.txt") < names.index("first.txt")
        page.get_by_role("link", name="second.txt").press("Enter")
        page.frame_locator("iframe").get_by_text("second.txt").wait_for()
        with page.expect_download() as saved:
            page.get_by_role("link", name="SRT").click()
        assert saved.value.suggested_filename == "second.srt"
        page.get_by_role("button", name="Delete").click()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        page.get_by_role("heading", name="Recordings").wait_for()
        page.get_by_role("link", name="first.txt").wait_for()
        assert page.get_by_role("link", name="second.txt").count() == 0
        newcomer = {"name": "ann of two", "passphrase": "several words of hers"}
        page.request.post(f"{place}/v1/account", data=newcomer)
        page.reload()
        page.get_by_text("before you signed in: 2").wait_for()
        page.get_by_role("button", name="Take it into my account").press("Enter")
        page.get_by_role("link", name="first.txt").wait_for()
        assert page.locator("ul.jobs a").count() == 2
        page.request.delete(f"{place}/v1/session")
        page.reload()
        page.get_by_role("button", name="Upload files").wait_for()
        assert page.get_by_role("link", name="first.txt").count() == 0


def test_what_is_dropped_is_read_and_what_is_refused_says_what_to_do(browser, place):
    with Visit(browser, place, "recordings") as visit:
        page = visit.page
        page.locator("input[type=file]").wait_for(state="attached")
        dropped = page.evaluate_handle(
            """() => { const all = new DataTransfer();
            all.items.add(new File(["fail"], "dropped.txt"));
            all.items.add(new File([], "empty.txt"));
            return all; }"""
        )
        page.dispatch_event("main", "drop", {"dataTransfer": dropped})
        failed = page.locator("li", has_text="dropped.txt")
        failed.get_by_text("that cannot be read").wait_for()
        assert "Give another" in failed.inner_text()
        refused = page.locator("li", has_text="empty.txt")
        refused.get_by_text("The file is empty").wait_for()
        assert "Choose another" in refused.inner_text()
        refused.get_by_role("button", name="Leave it out").click()
        refused.wait_for(state="detached")


@pytest.mark.parametrize("width", [400, pytest.param(1400, marks=pytest.mark.slow)])
def test_a_turn_is_asked_about_and_says_what_its_label_hangs_on(browser, place, width):
    with Visit(browser, place, "recordings", viewport={"width": width, "height": 900}) as visit:
        page = visit.page
        bring(page, **{f"asked{width}": "The dog died\nmute"})
        page.get_by_role("link", name=f"asked{width}.txt").click()
        page.get_by_role("link", name="Ask about a turn").click()
        page.get_by_role("link", name="The dog died").press("Enter")
        said = page.get_by_role("heading", name="The language model says")
        assert "sadness 70" in said.inner_text()
        assert said.evaluate("node => node === document.activeElement")
        answer = page.locator(".answer").inner_text().replace("\xa0", " ")
        assert (
            "Because of “The” and “dog”: sadness 70 %, without the first 20 %, without the second "
            "30 %." in answer
        )
        assert "without what was said before" in answer and "voice: low volume" in answer
        page.get_by_text("All that it was asked").click()
        assert page.locator("pre").all_inner_texts() == ["Which label?", "Ann: The dog died"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("link", name="mute").click()
        told = page.locator(".answer").get_by_role("alert")
        assert "Choose a turn with words" in told.inner_text()


def test_it_speaks_korean(browser, place):
    with Visit(browser, place, "record") as visit:
        page = visit.page
        page.get_by_label("Language").first.select_option("ko")
        page.get_by_role("button", name="녹음 시작").wait_for()
        page.goto("/#recordings")
        bring(page, korean="fail")["korean"].get_by_text("분석하지 못했습니다").wait_for()
        bring(page, switched="안녕")["switched"].get_by_role("link").click()
        page.frame_locator("iframe").locator("html[lang=ko]").wait_for()
        page.get_by_label("언어").first.select_option("en")
        page.frame_locator("iframe").locator("html[lang=en]").wait_for()
        page.get_by_label("Language").first.select_option("ko")
        page.goto("/#recordings")
        ours = [{**files(x="fail")[0], "name": "Recording 2026-11-30 09.01.webm"}]
        page.locator("input[type=file]").set_input_files(ours)
        page.get_by_role("link", name="11월 30일 09:01 녹음").wait_for()
        for part in ("recordings", "ask"):
            page.goto(f"/#{part}/none")
            page.get_by_role("heading", name="여기에 없는 녹음입니다").wait_for()
            assert page.locator("main a").get_attribute("href") == "#recordings"
            assert not re.search("[A-Za-z]{2}", page.locator("main").inner_text())
        page.route("**/v1/jobs", lambda route: route.abort(), times=1)
        page.goto("/#ask")
        page.locator(".notice").get_by_text("서비스가 응답하지 않습니다").wait_for()
        problem = {"detail": "at most 2,000,000 bytes are taken", "remedy": "GET /v1/jobs"}
        statuses = [401, 403, 404, 409, 413, 415, 429, 500, 501, 502, 503, 400, 418]
        told = page.evaluate(TOLD, [statuses, problem])
        for status, (ours, english) in zip(statuses, told, strict=True):
            assert len(ours) == (3 if status == 413 else 2), status
            assert re.search("[가-힣]", ours[0]) and "2MB" in [*ours, "2MB"][2], status
            assert not re.search("[A-Za-z]{3}", " ".join(ours)), status
            assert english == ([problem["detail"]] if status in {400, 418} else []), status
        page.get_by_role("button", name="다시 시도").click()
        page.get_by_role("heading", name="발화 하나에 대해 묻기").wait_for()
        assert all("Failed to load" in c for c in visit.complaints)
        visit.complaints.clear()
