"""The page's files, its words, and its frame in a browser."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from serving import scripted
from starlette.testclient import TestClient
from visiting_page import Visit, held

from empathia.labels import EKMAN7, LABEL_SETS
from empathia.report.marks import marks
from empathia.report.words import words_in
from empathia.service.settings import Settings

FOLDER = Path(str(files("empathia.service"))) / "page"
TOKEN = "a-token-of-more-than-16"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    settings = Settings(tmp_path_factory.mktemp("service"), token=TOKEN)
    app = scripted(settings)
    with TestClient(app, base_url="http://127.0.0.1:8000") as one:
        yield one


def test_a_service_with_a_token_gives_the_page_and_nothing_else(guarded):
    assert "main.js" in guarded.get("/").text
    for file in sorted(FOLDER.rglob("*.*")):
        assert guarded.get(f"/page/{file.relative_to(FOLDER)}").status_code == 200, file
    assert "--ground" in guarded.get("/page/base.css").text
    about = guarded.get("/page/about.json").json()
    assert about["open"] is False and about["account"] is None
    assert guarded.get("/v1/jobs").status_code == 401
    assert guarded.get("/page/../settings.py").status_code in {401, 404}
    assert guarded.get("/page/%2e%2e/settings.py").status_code in {401, 404}


def test_the_token_opens_the_door_and_stays_out_of_reach_of_scripts(guarded):
    wrong = guarded.post("/page/token", json={"token": "another of sixteen"})
    assert wrong.status_code == 401 and "set-cookie" not in wrong.headers
    right = guarded.post("/page/token", json={"token": TOKEN})
    assert right.status_code == 204
    assert "httponly" in right.headers["set-cookie"].lower()
    assert guarded.get("/page/about.json").json()["open"] is True
    assert guarded.get("/v1/jobs").status_code == 200
    guarded.cookies.clear()


def flat(words, above=""):
    for key, value in words.items():
        name = f"{above}{key}"
        yield from flat(value, f"{name}.") if isinstance(value, dict) else [(name, value)]


def spoken(language):
    return dict(flat(json.loads((FOLDER / "words" / f"{language}.json").read_text("utf-8"))))


def test_both_languages_say_the_same_things():
    english, korean = spoken("en"), spoken("ko")
    assert list(english) == list(korean)
    for name, sentence in english.items():
        blanks = sorted(re.findall(r"\{\w+\}", sentence))
        assert blanks == sorted(re.findall(r"\{\w+\}", korean[name])), name
        assert re.search("[가-힣]", korean[name]) or not re.search("[a-z]{3}", sentence), name


def test_feelings_have_letters_of_their_own_in_korean():
    called = json.loads((FOLDER / "words" / "ko.json").read_text("utf-8"))["feelings"]
    colours = {mark.light for mark in marks(EKMAN7).values()}
    for name, labels in LABEL_SETS.items():
        known = [x for x in labels if marks([x])[x].light in colours]
        letters = [called[x][0] for x in known if x.isascii()]
        assert len(set(letters)) == len(letters), name
    assert called.items() <= words_in("ko").stored.items()  # as on the page of a timeline


def test_what_the_page_says_is_written_down():
    scripts = "".join(f.read_text("utf-8") for f in FOLDER.rglob("*.js"))
    asked = set(re.findall(r'\bt\("([\w.-]+)"', scripts))
    starts = set(re.findall(r"\bt\(`([\w.-]+)\.\$", scripts))
    there, named = set(spoken("en")), set(re.findall(r'"([\w.-]+)"', scripts))
    assert asked <= there, asked - there
    assert all(any(k.startswith(s + ".") for k in there) for s in starts), starts
    built = ("feelings.", *(f"{s}." for s in starts))
    assert {k for k in there - named if not k.startswith(built)} == set()


@pytest.mark.browser
def test_nothing_begins_before_one_has_agreed_in_either_language(browser, place):
    with Visit(browser, place, "limits", agreed=False) as visit:
        page = visit.page
        assert page.locator("h1").inner_text() == "Before you begin"
        page.get_by_label("Language").select_option("ko")
        page.get_by_text("시작하기 전에").wait_for()
        assert page.evaluate("document.documentElement.lang") == "ko"
        assert page.get_by_label("언어").input_value() == "ko"
        page.get_by_role("button", name="이해했고").press("Enter")
        page.get_by_role("button", name="이해했고").wait_for(state="detached")
        assert page.evaluate("document.activeElement.id") == "main"
        assert page.title() == "시작하기 전에 · Empathia"
        page.reload()
        page.get_by_text("시작하기 전에").wait_for()
        assert page.get_by_role("button", name="이해했고").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("width", [400, 1400])
def test_nothing_sticks_out_at_the_side(browser, place, width):
    with Visit(browser, place, "limits", viewport={"width": width, "height": 900}) as visit:
        page = visit.page
        page.locator("h1").wait_for()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width


@pytest.mark.browser
def test_a_view_that_comes_late_is_not_drawn_over_the_next(browser, place):
    with Visit(browser, place, "limits") as visit:
        page = visit.page
        page.locator("h1").wait_for()
        with held(page, "**/views/record.js"):
            with page.expect_request("**/views/record.js"):
                page.goto("/#record")
            page.goto("/#recordings")
            page.get_by_role("heading", name="Recordings").wait_for()
        page.evaluate("import('/page/views/record.js').then(() => {})")
        assert page.locator("h1").all_inner_texts() == ["Recordings"]
