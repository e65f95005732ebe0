"""Pictures of the service's page: a recording in the midst, and its timeline.

Writes docs/pictures/record.png and recorded.png. Needs the weights that ``make demo``
pulls, and Chromium, which hears examples/conversation.wav as its microphone.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
HEARD = ROOT / "examples" / "conversation.wav"
_TURNS = 4  # that are heard before the first picture
_LONG = 600_000  # ms that a busy machine may take to read
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    f"--use-file-for-fake-audio-capture={HEARD}",
)


@contextlib.contextmanager
def service() -> Iterator[str]:
    """A service of its own; its address."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command = (sys.executable, "-m", "empathia", "serve", "--port", "0", "--voice", "none")
        with log.open("w") as out:
            running = subprocess.Popen((*command, "--folder", folder), stderr=out, cwd=ROOT)
        try:
            while '"ready"' not in log.read_text() and running.poll() is None:
                time.sleep(0.2)
            yield re.findall(r"empathia: (http\S+)", log.read_text())[0]
        finally:
            running.terminate()
            running.wait()


def pictures(page: Page) -> None:
    """Record what is heard, and read it."""
    page.set_default_timeout(_LONG)
    page.goto("/#record")
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Names of the speakers").fill("Ann, Ben")
    page.get_by_role("button", name="Start recording").click()
    page.locator(".live li").nth(_TURNS - 1).wait_for()
    _keep(page, "record.png")
    page.get_by_role("button", name="Stop and read").click()
    page.frame_locator("iframe").get_by_role("button", name="Play all").wait_for()
    page.locator(".top").evaluate("node => scrollTo(0, node.offsetHeight)")
    _keep(page, "recorded.png")


def _keep(page: Page, name: str) -> None:
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    taken.quantize(256).save(PICTURES / name, optimize=True)


def main() -> None:
    """Make both pictures."""
    program = os.environ.get("EMPATHIA_CHROMIUM") or shutil.which("chromium")
    with service() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*_ARGUMENTS])
        size = {"width": 1400, "height": 860}
        context = browser.new_context(base_url=address, locale="en-GB", viewport=size)
        context.add_init_script("if (self === top) localStorage.setItem('empathia-agreed', '1')")
        pictures(context.new_page())
        browser.close()


if __name__ == "__main__":
    main()
