"""Take the pictures of the diary's page in docs/pictures, of a month that nobody lived.

    empathia serve --folder SOMEWHERE
    python scripts/picture_diary.py [ADDRESS]

Two accounts are made and their entries read by the models that the service has; then Chromium
looks at the month of November 2026, in English at 1400 px and in Korean, dark, at 400 px.
"""

from __future__ import annotations

import argparse
import io
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

TARGET = Path(__file__).parents[1] / "docs" / "pictures"
MONTH = "2026-11"
ENGLISH = {
    "01T09:10": "Slept in and made pancakes. The whole kitchen smelled wonderful, I was so happy.",
    "02T21:30": "The landlord raised the rent again. I am furious, he did not even call first.",
    "03T22:05": "Still angry about the rent. I shouted at nobody in particular.",
    "05T19:40": "My sister called from Lisbon! What a surprise, she is coming home for the winter.",
    "06T08:20": "Rain on the way to work. I bought new shoelaces and a stamp.",
    "07T23:10": "I miss grandmother tonight. Her chair is still by the window, nobody sits in it.",
    "08T20:15": "We looked at old photographs and I cried for a while. I feel so sad without her.",
    "10T18:00": "Choir practice went well. We laughed at the tenors, it was a wonderful evening.",
    "11T07:50": "The results of the scan come tomorrow and I am scared. I cannot sleep.",
    "12T16:30": "The scan is clear! I am so relieved and happy, I could hug the whole world.",
    "13T21:00": "Dinner with Mina and Joe. I love these people.",
    "15T10:30": "A walk along the canal in the fog. Two herons, and no one else.",
    "16T22:40": "Found mould behind the wardrobe. Disgusting, it stinks and it is everywhere.",
    "18T12:15": "Lunch on the steps in the sun. In November! I did not expect that at all.",
    "19T23:30": "Had an argument with Joe and said things that I regret. I feel awful and lonely.",
    "20T08:45": "I wrote to Joe. He answered at once and it is all right. So glad.",
    "22T17:00": "Baked bread. It is dense as a stone, but it is mine.",
    "24T20:30": "Long day, forms and more forms.",
    "25T22:00": "I am worried about the presentation. What if I forget everything again?",
    "26T18:40": "It went well! They clapped and asked for the slides. I am proud and so happy.",
    "26T23:15": "Too excited to sleep.",
    "28T15:20": "Everybody came to hang the lights in the yard. Joy all over the place.",
    "29T09:30": "My sister landed this morning. I could not stop smiling.",
}
KOREAN = {
    "01T10:10": "늦잠을 자고 팬케이크를 구웠다. 온 집에 고소한 냄새가 가득해서 행복했다.",
    "03T22:05": "집주인이 또 월세를 올렸다. 너무 화가 나서 잠이 오지 않는다.",
    "05T19:40": "언니가 겨울을 보내러 집에 온다고 전화했다. 깜짝 놀랐고 정말 기쁘다.",
    "07T23:10": "오늘은 할머니가 보고 싶다. 창가의 의자가 비어 있어서 슬프다.",
    "08T20:15": "옛날 사진을 보다가 한참 울었다.",
    "11T07:50": "내일 검사 결과가 나온다. 무섭고 걱정된다.",
    "12T16:30": "결과가 좋다! 마음이 놓이고 너무 행복하다.",
    "15T10:30": "안개 낀 강가를 걸었다. 왜가리 두 마리를 보았다.",
    "16T22:40": "옷장 뒤에서 곰팡이를 찾았다. 역겹고 냄새가 지독하다.",
    "19T23:30": "친구와 다투고 후회할 말을 했다. 외롭고 속상하다.",
    "20T08:45": "편지를 썼더니 바로 답장이 왔다. 다행이다.",
    "25T22:00": "발표가 걱정된다. 또 다 잊어버리면 어떡하지?",
    "26T18:40": "발표가 잘 끝났다! 모두 박수를 쳐 주어서 정말 기뻤다.",
    "29T09:30": "언니가 아침에 도착했다. 웃음이 멈추지 않는다.",
}


def _picture(
    browser: Browser, address: str, entries: Mapping[str, str], *, korean: bool = False
) -> Image.Image:
    """What an account with these entries sees of its month."""
    language, zone = ("ko", "Asia/Seoul") if korean else ("en", "Europe/London")
    context = browser.new_context(
        base_url=address,
        locale="ko-KR" if korean else "en-GB",
        color_scheme="dark" if korean else "light",
        viewport={"width": 400, "height": 1500} if korean else {"width": 1400, "height": 1180},
    )
    context.add_init_script("localStorage.setItem('empathia-agreed', '1')")
    name = f"{'민지' if korean else 'Ann'} {secrets.token_hex(2)}"
    made = {"name": name, "passphrase": secrets.token_hex(16), "zone": zone, "language": language}
    for path, given in [
        ("/v1/account", made),
        *(
            ("/v1/diary/entries", {"words": words, "when": f"{MONTH}-{when}"})
            for when, words in entries.items()
        ),
    ]:
        answer = context.request.post(path, data=given)
        assert answer.ok, answer.text()
    page = context.new_page()
    page.goto(f"/#diary/{MONTH}")
    page.locator(".entry").first.wait_for()
    page.wait_for_load_state("networkidle")
    taken = Image.open(io.BytesIO(page.screenshot()))
    context.close()
    return taken.quantize(128)


def main() -> None:
    """Take both."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000")
    address = parser.parse_args().address
    with sync_playwright() as playwright:
        program = os.environ.get("EMPATHIA_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        english = _picture(browser, address, ENGLISH)
        english.save(TARGET / "diary.png", optimize=True)
        korean = _picture(browser, address, KOREAN, korean=True)
        korean.save(TARGET / "diary-ko.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
