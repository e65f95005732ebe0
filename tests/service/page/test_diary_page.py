"""Accounts and the diary on the page, in a real browser."""

from __future__ import annotations

import itertools
import re

import pytest
from little_diary import SECRET
from visiting_page import LASTED, Visit, held

pytestmark = pytest.mark.browser
ENTRIES = "/v1/diary/entries"
LOUD = "document.querySelector('.recording .level b').style.transform > 'scaleX(0.5'"
_NUMBERS = itertools.count()


class Person(Visit):
    """Somebody with an account of their own, on some part of the page."""

    def __init__(self, browser, place, part="diary/2025-03", tongue="en", **more):
        self.name = f"person of the page {next(_NUMBERS)}"
        self.given = {"name": self.name, "passphrase": SECRET}
        super().__init__(browser, place, "limits", **more)
        account = {"zone": "Asia/Seoul", "language": tongue, "keeps_audio": True}
        made = self.context.request.post("/v1/account", data=self.given | account)
        assert made.ok, made.text()
        self.context.add_init_script(f"localStorage.setItem('empathia-language', '{tongue}')")
        self.page.goto(f"/?#{part}")

    def ask(self, path):
        """What lies there."""
        return self.context.request.get(path).json()

    def wrote(self, words, when):
        """An entry that was written before."""
        given = {"words": words, "when": when}
        return self.context.request.post(ENTRIES, data=given).json()

    def entries(self, year=2025):
        """All of a year."""
        return self.ask(f"{ENTRIES}?year={year}")["entries"]


def until(page, holds):
    """Wait for what the page's policy lets no string be waited for."""
    page.evaluate(f"""() => new Promise((done, fail) => {{
      const look = () => ({holds}) ? done() : setTimeout(look, 20);
      const here = () => document.activeElement.outerHTML.slice(0, 200);
      setTimeout(() => fail(new Error("this never was; the focus is on " + here())), 30000);
      look();
    }})""")


def test_an_account_is_made_changed_left_and_deleted(browser, place):
    with Visit(browser, place, "limits", timezone_id="Asia/Seoul") as visit:
        page, ask = visit.page, visit.context.request
        page.locator("h1").wait_for()
        page.goto("/#account")
        made, name = page.locator("#make-one"), f"person of the page {next(_NUMBERS)}"
        made.get_by_label("Name", exact=True).fill(name)
        made.get_by_label("Passphrase").fill(SECRET)
        with held(page, "**/page/about.json"):
            with page.expect_request("**/page/about.json"), held(page, "**/v1/account"):
                made.get_by_role("button").click()
                made.locator("button[aria-busy=true]:disabled").wait_for()
                assert made.get_by_role("status").inner_text() == "One moment …"
                page.goto("/#diary")
                page.locator("main[aria-busy=true]:empty").wait_for()
                assert "Sign in" not in page.locator("body").inner_text()
            page.goto("/#limits")  # while who is there is asked for
            page.locator("main[aria-busy=true]:empty").wait_for()
            assert "Sign in" not in page.locator("body").inner_text()
        page.locator(".who-am-i a", has_text=f"Account: {name}").wait_for()
        assert page.evaluate("location.hash") == "#limits"  # where one came from
        account = ask.get("/v1/account").json()
        assert (account["zone"], account["language"]) == ("Asia/Seoul", "en")
        assert not account["is_encrypted"] and not account["keeps_audio"]
        page.goto("/#account")
        page.get_by_label("Keep my recordings").check()
        page.get_by_text("Saved.").wait_for()
        page.locator(".who-am-i select").select_option("ko")
        page.get_by_role("heading", name="설정").wait_for()
        account = ask.get("/v1/account").json()
        assert account["keeps_audio"] and account["language"] == "ko"
        page.evaluate("window.hers = true")
        page.get_by_label("지금 암호 문구").fill(SECRET)
        page.get_by_label("새 암호 문구").fill("others that are long")
        with held(page, "**/passphrase"):
            page.get_by_label("새 암호 문구").press("Enter")
            page.locator("form[aria-busy=true] button[aria-busy=true]:disabled").wait_for()
            page.get_by_role("status").get_by_text("잠시만요").wait_for()
        page.get_by_text("암호 문구를 바꿨습니다").wait_for()
        page.get_by_role("button", name="로그아웃").click()
        enter = page.locator("#sign-in")
        enter.wait_for()
        assert page.evaluate("window.hers") is None  # nothing stays in the page
        enter.get_by_label("이름").fill(name.upper())
        enter.get_by_label("암호 문구").fill("others that are long")
        enter.get_by_label("암호 문구").press("Enter")
        page.locator(".who-am-i a", has_text=name).wait_for()
        until(page, "document.activeElement.id === 'main'")
        page.goto("/#account")
        page.get_by_role("button", name="계정 지우기").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("암호 문구").fill("another one")
        dialog.get_by_role("button", name="모두 지우기").click()
        dialog.get_by_text("맞지 않습니다").wait_for()
        assert [c for c in visit.complaints if "401" in c] == visit.complaints
        visit.complaints.clear()
        dialog.get_by_label("암호 문구").fill("others that are long")
        with held(page, "**/delete"):
            dialog.get_by_label("암호 문구").press("Enter")
            dialog.locator("button[aria-busy=true]:disabled").wait_for()
            dialog.get_by_text("잠시만요").wait_for()
        page.get_by_role("heading", name="내 계정").wait_for()
        given = {"name": name, "passphrase": "others that are long"}
        assert ask.post("/v1/session", data=given).status == 401


def test_words_become_entries_on_their_days_with_their_feelings(browser, place):
    with Person(browser, place, "diary/2025-03-04") as ann:
        page = ann.page
        page.get_by_label("Or write").fill("I was so glad. <script>document.title = 'x'</script>")
        page.get_by_role("button", name="Keep").click()
        page.get_by_text("It is kept.").wait_for()
        shown = page.locator(".entry")
        assert "<script>" in shown.inner_text() and "joy 100" in shown.inner_text()
        assert "12:00" in shown.locator("time").inner_text()  # the day that is looked at
        page.get_by_label("Or write").fill("비가 와서 sad.")
        assert not page.get_by_text("It is kept.").is_visible()  # that was the one before
        page.get_by_label("When").fill("2025-03-20T08:15")
        page.get_by_role("button", name="Keep").click()
        page.locator(".done a").click()  # it is not on the day that is looked at
        page.get_by_text("비가 와서 sad.").wait_for()
        moments = [(e["moment"], e["language"]) for e in ann.entries()]
        assert moments == [("2025-03-04T03:00:00Z", "en"), ("2025-03-19T23:15:00Z", "ko")]
        page.goto("/#diary/2025-03")
        grid = page.get_by_role("grid", name="March 2025")
        grid.get_by_label(re.compile("^Tuesday,? 4 March: joy 100\u00a0%, 1 entry$")).wait_for()
        assert grid.get_by_label(re.compile("^Wednesday,? 5 March: no entry$")).count() == 1
        assert page.locator(".curve-of .dot").count() == 2
        page.get_by_text("As a table").click()
        rows = page.locator("table.told tbody tr").all_inner_texts()
        assert [r.split("\t")[1:] for r in rows] == [
            ["joy 100\u00a0%", "+100\u00a0%", "1"],
            ["sadness 100\u00a0%", "−100\u00a0%", "1"],
        ]
        shares = page.locator(".diary-side .shares li").all_inner_texts()
        assert [s.split()[1:3] for s in shares] == [["joy", "50"], ["sadness", "50"]]


def test_nothing_is_named_that_is_not_sure_and_no_edit_is_lost(browser, place):
    with Person(browser, place, "limits") as ann:
        page = ann.page
        ann.wrote("I was sad.", "2025-03-04")
        ann.wrote("An ordinary day.", "2025-03-05")  # neutral with .5
        for words, day in (
            ("sad", "02-01"),
            ("so so", "02-02"),
            ("glad", "03-07"),
            ("sad", "03-07"),
        ):
            ann.wrote(words, f"2025-{day}")
        page.goto("/?#diary/2025")
        page.locator(".year").wait_for()
        february, march = page.locator(".year li").all_inner_texts()[1:3]
        assert "unsure but for sadness · 2 entries" in february
        assert "mixed: sadness, joy · 4 entries" in march
        page.goto("/?#diary/2025-03")
        page.get_by_label(re.compile("^Wednesday,? 5 March: unsure, 1 entry$")).wait_for()
        mixed = page.get_by_label(re.compile("^Friday,? 7 March: mixed: joy, sadness, 2 entries$"))
        assert mixed.inner_text().split() == ["7", "×2", "&"]
        assert page.locator(".curve-of text.letter").all_text_contents() == ["S", "?", "&"]
        page.get_by_text("4 entries; with a feeling, however unsure: 4.").wait_for()
        plain = page.locator(".entry", has_text="ordinary")
        assert "unsure" in plain.locator(".entry-head").inner_text()
        plain.get_by_role("button", name="Edit").click()
        plain = page.locator(".entry:has(form)")
        plain.get_by_label("Words").fill("A day by the s")
        sad = page.locator(".entry", has_text="I was sad.")
        sad.get_by_role("button", name="Delete", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        sad.wait_for(state="detached")
        page.goto("/?#limits")
        page.goto("/?#diary/2025-03")
        plain.get_by_label("Words").press_sequentially("ea")
        assert plain.get_by_label("Words").input_value() == "A day by the sea"
        plain.get_by_role("button", name="Cancel").click()
        page.get_by_text("An ordinary day.").wait_for()


def test_the_calendar_is_walked_with_keys(browser, place):
    with Person(browser, place, "limits", tongue="ko") as ann:
        page = ann.page
        ann.wrote("sad", "2025-03-09")
        page.goto("/?#diary/2025-03-31")
        assert page.locator(".day .chip").inner_text() == "슬"
        page.locator(".day[aria-current=page]").focus()
        for key in ("ArrowUp", "ArrowRight", "ArrowRight"):  # 24, 25, 26
            page.keyboard.press(key)
        until(page, "document.activeElement.hash === '#diary/2025-03-26'")
        assert page.locator(".day[tabindex='0']").count() == 1
        page.keyboard.press("PageUp")
        page.get_by_role("grid", name="2025년 2월").wait_for()
        until(page, "document.activeElement.hash === '#diary/2025-02-26'")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="2025년 2월 26일 수요일").wait_for()


def test_a_recording_is_kept_played_edited_and_deleted_truly(browser, place):
    with Person(browser, place, "diary") as ann:
        page = ann.page
        ann.page.route(f"**{ENTRIES}", lambda route: route.abort(), times=1)
        page.get_by_role("button", name="Record", exact=True).click()
        page.get_by_role("button", name="Throw away").click()
        page.get_by_role("dialog").get_by_role("button", name="Throw away").click()
        page.get_by_role("button", name="Record", exact=True).click()  # nothing of that was sent
        until(page, LOUD)
        page.locator(".recording .when", has_text=LASTED).wait_for()
        page.get_by_role("button", name="Done").click()
        page.get_by_role("button", name="Send it again").wait_for()  # nothing is lost
        until(page, "document.activeElement.textContent === 'Send it again'")
        assert page.get_by_role("link", name="Save it as a file").get_attribute("download")
        assert all("ERR_FAILED" in c for c in ann.complaints)
        ann.complaints.clear()
        page.get_by_role("button", name="Send it again").click()
        page.get_by_text("It is kept.").wait_for()
        [entry] = ann.ask(ENTRIES)["entries"]
        assert (entry["kind"], entry["audio"]) == ("voice", "audio/webm")
        shown = page.locator(".entry")
        sound = shown.locator("audio")
        sound.evaluate("a => a.play().then(() => a.pause())")
        page.get_by_text("What was heard").click()
        shown.locator(".heard").get_by_text("A glad day.").wait_for()
        shown.get_by_role("button", name="Bookmark").click()
        shown.get_by_role("button", name="Bookmark", pressed=True).wait_for()
        shown.get_by_role("button", name="Edit").click()
        shown.get_by_label("Words").fill("A sad day.")
        shown.get_by_role("button", name="Keep").click()
        shown.get_by_text("sadness 100").wait_for()
        until(page, "document.activeElement.textContent === 'Edit'")
        assert ann.ask("/v1/diary/bookmarks")["entries"][0]["words"] == "A sad day."
        shown.get_by_role("button", name="Delete", exact=True).press("Enter")
        page.get_by_role("dialog").get_by_text("Its recording, its words").wait_for()
        page.keyboard.press("Escape")
        until(page, "document.activeElement.textContent === 'Delete'")
        page.keyboard.press("Enter")
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        page.get_by_text("The entry was deleted.").wait_for()
        assert shown.count() == 0
        until(page, "document.activeElement.id === 'main'")
        for path in (entry["id"], f"{entry['id']}/audio", f"{entry['id']}/timeline"):
            assert ann.context.request.get(f"{ENTRIES}/{path}").status == 404


def test_a_diary_is_taken_to_another_account_that_saw_nothing_of_it(browser, place):
    with Person(browser, place, "diary") as ann, Person(browser, place, "account") as ben:
        written = [
            ann.wrote("I was glad.", "2025-03-04"),
            ann.wrote("비가 와서 sad.", "2025-03-05"),
        ]
        assert ben.entries() == []
        assert ben.context.request.get(f"{ENTRIES}/{written[0]['id']}").status == 404
        ann.page.get_by_role("link", name="Export or import").click()
        until(ann.page, "document.activeElement.id === 'files'")
        export = ann.page.get_by_role("button", name="Export", exact=True)
        with ann.page.expect_download() as coming, held(ann.page, "**/export"):
            export.click()
            ann.page.get_by_text("It is being made.").wait_for()
            assert export.is_disabled() and export.get_attribute("aria-busy") == "true"
        ann.page.get_by_text("It is saved where").wait_for()
        ben.page.get_by_label("An exported diary").set_input_files(coming.value.path())
        ben.page.get_by_role("button", name="Import").click()
        ben.page.get_by_text("2 entries came in; 0 were here already.").wait_for()
        assert ben.entries() == ann.entries() == written
        ben.page.goto("/#diary")
        ben.page.get_by_placeholder("Words to look for").fill("GLAD")
        ben.page.get_by_label("Words to look for").press("Enter")
        ben.page.get_by_text("1 entry", exact=True).wait_for()
        assert ben.page.locator(".words-of").inner_text() == "I was glad."


def test_a_calm_voice_is_measured_and_forgotten(browser, place):
    with Person(browser, place, "account") as ann:
        page = ann.page
        page.get_by_role("button", name="Record", exact=True).click()
        until(page, LOUD)
        page.locator(".recording .when", has_text=LASTED).wait_for()
        page.get_by_role("button", name="Done").click()
        page.get_by_text("Measured over 30 s of speech.").wait_for()
        assert ann.ask("/v1/account")["has_baseline"]
        page.get_by_role("button", name="Delete the measurement").click()
        page.get_by_text("The measurement was deleted.").wait_for()
        assert not ann.ask("/v1/account")["has_baseline"]


def test_who_is_signed_out_meanwhile_is_told_and_sends_nothing(browser, place):
    with Person(browser, place, "account") as ann:
        page = ann.page
        page.get_by_role("button", name="Sign out").wait_for()
        ann.context.request.delete("/v1/session")  # as by another tab
        page.get_by_label("Keep my recordings").uncheck()
        page.get_by_role("alert").get_by_text("Your session has ended.").wait_for()
        page.locator("#sign-in").wait_for()
        assert [c for c in ann.complaints if "401" in c] == ann.complaints
        ann.complaints.clear()
        page.goto("/?#recordings")
        page.locator("input[type=file]").set_input_files(
            {"name": "hers.txt", "mimeType": "text/plain", "buffer": b"Hello."}
        )
        page.locator("li", has_text="hers.txt").get_by_text("Sign in again").wait_for()


def test_nothing_sticks_out_of_a_small_screen(browser, place):
    with Person(browser, place, "limits", viewport={"width": 400, "height": 800}) as ann:
        ann.wrote("glad" * 200, "2025-03-04")
        for words in ("glad", "sad") * 5:
            ann.wrote(words, None)
        ann.page.goto("/#diary")
        today = ann.page.locator(".day[aria-current=date]")
        today.locator(".chip").wait_for()
        marks = today.locator("span").evaluate_all(
            "all => [all[0].closest('.day'), ...all].map((x) => x.getBoundingClientRect())"
        )
        whole, number, several, mark = marks
        assert today.inner_text().split()[1:] == ["×10", "&"]
        assert whole["left"] <= number["left"] < number["right"] <= several["left"]
        assert several["right"] <= whole["right"]
        assert number["bottom"] <= mark["top"] and mark["bottom"] <= whole["bottom"]
        assert "today" in ann.page.locator(".keys").inner_text()
        assert ann.page.locator(".curve-of text.letter").all_text_contents() == ["&"]
        for part in ("diary/2025-03-04", "diary/2025-03", "diary/2025", "account"):
            ann.page.goto(f"/#{part}")
            ann.page.locator(".diary-side .panel, #account-language").first.wait_for()
            wide = ann.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 400, part


def test_who_is_not_signed_in_is_told_what_a_diary_is(browser, place):
    with Visit(browser, place, "diary") as visit:
        visit.page.get_by_role("link", name="Sign in, or make an account").click()
        visit.page.locator("#sign-in").wait_for()
