"""A small world of weights for tests: a manifest, an archive, a hub on 127.0.0.1."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from empathia import weights

BIG = bytes(range(256)) * 4096  # 1 MB, so that downloads come in several blocks
SMALL = b'{"hidden_size": 4}\n'
REVISION = "0123456789abcdef0123456789abcdef01234567"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wheel(path: Path, members: dict[str, bytes], package: str = "tiny-pack") -> Path:
    """A wheel that pip accepts, with the members in it."""
    stem = package.replace("-", "_")
    info = f"{stem}-1.0.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as box:
        for name, data in members.items():
            box.writestr(name, data)
        box.writestr(f"{stem}/__init__.py", "raise SystemExit('executed')\n")
        box.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        box.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        box.writestr(f"{info}/RECORD", "")
    return path


def archive_source(weight: str, path: Path, folder: str, package: str = "tiny-pack") -> str:
    data = path.read_bytes()
    return f"""
[[{weight}.sources]]
kind = "archive"
package = "{package}"
version = "1.0"
archive = "{path.name}"
size = {len(data)}
sha256 = "{sha(data)}"
folder = "{folder}"
"""


def hub_source(weight: str) -> str:
    return f"""
[[{weight}.sources]]
kind = "hub"
repository = "owner/{weight}"
revision = "{REVISION}"
"""


def entry(weight: str, files: dict[str, bytes], extra: str = "") -> str:
    lines = [f'[{weight}]\nrole = "a test"\nlicence = "MIT"\nnoncommercial = false\n']
    for name, data in files.items():
        lines.append(
            f'[[{weight}.files]]\nname = "{name}"\nsize = {len(data)}\nsha256 = "{sha(data)}"\n'
        )
    return "\n".join(lines) + extra


@dataclass
class Hub:
    """What the server holds and how it behaves."""

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    break_after: list[int] = field(default_factory=list)  # bytes of the next answers, then cut
    hang_up: bool = False  # close every connection without an answer
    asked: list[tuple[str, str]] = field(default_factory=list)  # file, Range header
    connections: int = 0
    url: str = ""


def serve(hub: Hub) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def setup(self):
            hub.connections += 1
            super().setup()

        def do_GET(self):
            if hub.hang_up:
                self.close_connection = True
                return
            name = self.path.rsplit("/", 1)[-1]
            hub.asked.append((name, self.headers.get("Range", "")))
            self._answer(hub.files.get(name))

        def _answer(self, data):
            if data is None or f"/resolve/{REVISION}/" not in self.path:
                self.send_error(404)
                return
            start = int(self.headers.get("Range", "bytes=0-")[6:-1]) if hub.ranges else 0
            if start and start >= len(data):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            stop = hub.break_after.pop(0) if hub.break_after else len(data)
            self.wfile.write(data[start : start + stop])

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    return server


FILES = {"model.bin": BIG, "config.json": SMALL}
INSIDE = {f"tiny_pack/model/{k}": v for k, v in FILES.items()}
NAME = "tiny_pack-1.0-py3-none-any.whl"


def write(world, text: str) -> None:
    (world / "weights.toml").write_text(text)


def check(files=FILES):
    folder = weights.folder("tiny")
    assert {p.name: p.read_bytes() for p in folder.iterdir() if p.name in files} == files
    assert {c.state for c in weights.verify(["tiny"])} == {"ok"}


def leftovers(world) -> list[str]:
    return sorted(p.name for p in (world / "home" / "weights" / ".pull").rglob("*"))
