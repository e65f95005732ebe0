"""Accounts and the diary on the page, in a real browser."""

from __future__ import annotations

import itertools

import pytest
from little_diary import SECRET
from visiting_page import Visit

pytestmark = pytest.mark.browser
_NUMBERS = itertools.count()


class Person(Visit):
    """Somebody who has just made an account on the page; ``ask`` asks the service as them."""

    def __init__(self, browser, place, part="diary", *, keeps=False, tongue="en", **more):
        super().__init__(browser, place, "limits", timezone_id="Asia/Seoul", **more)
        self.name = f"person of the page {next(_NUMBERS)}"
        self.page.locator("h1").wait_for()
        self.page.goto("/#account")
        made = self.page.locator("#make-one")
        made.get_by_label("Name", exact=True).fill(self.name)
        made.get_by_label("Passphrase").fill(SECRET)
        made.get_by_label("Language").select_option(tongue)
        made.get_by_label("Keep my recordings").set_checked(keeps)
        made.get_by_role("button").click()
        self.page.locator(".who-am-i a", has_text=self.name).wait_for()
        assert self.page.evaluate("location.hash") == "#limits"  # where one came from
        self.page.goto(f"/#{part}")

    def ask(self, path):
        """What lies there."""
        return self.context.request.get(path).json()


def test_an_account_is_made_changed_left_and_deleted(browser, place):
    with Person(browser, place, "account") as ann:
        page, account = ann.page, ann.ask("/v1/account")
        assert (account["zone"], account["language"]) == ("Asia/Seoul", "en")
        assert not account["is_encrypted"] and not account["keeps_audio"]
        page.get_by_label("Keep my recordings").check()
        page.get_by_text("Saved.").wait_for()
        page.locator(".who-am-i select").select_option("ko")
        page.get_by_role("heading", name="설정").wait_for()
        account = ann.ask("/v1/account")
        assert account["keeps_audio"] and account["language"] == "ko"
        page.get_by_role("button", name="로그아웃").click()
        enter = page.locator("#sign-in")
        enter.get_by_label("이름").fill(ann.name.upper())
        enter.get_by_label("암호 문구").fill(SECRET)
        enter.get_by_label("암호 문구").press("Enter")
        page.locator(".who-am-i a", has_text=ann.name).wait_for()
        assert page.evaluate("document.activeElement.id") == "main"
        page.goto("/#account")
        page.get_by_role("button", name="계정 지우기").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("암호 문구").fill("another one")
        dialog.get_by_role("button", name="모두 지우기").click()
        dialog.get_by_text("맞지 않습니다").wait_for()
        assert [c for c in ann.complaints if "401" in c] == ann.complaints
        ann.complaints.clear()
        dialog.get_by_label("암호 문구").fill(SECRET)
        dialog.get_by_label("암호 문구").press("Enter")
        page.get_by_role("heading", name="내 계정").wait_for()
        again = {"name": ann.name, "passphrase": SECRET}
        assert ann.context.request.post("/v1/session", data=again).status == 401
