"""People who keep a diary over HTTP, with a service whose work is scripted."""

from __future__ import annotations

import functools
import itertools

from little_diary import CHEAP, SECRET
from serving import scripted
from starlette.testclient import TestClient

from empathia.service.diary.store import Store
from empathia.service.settings import Settings

HERE = "http://127.0.0.1:8000"
HEAD = b"RIFF\0\0\0\0WAVE"
_NUMBERS = itertools.count()


def service(folder, **settings):
    """A client of a service that is not started yet."""
    opens = functools.partial(Store, hasher=CHEAP)
    app = scripted(Settings(folder, **settings), opens=opens)
    return TestClient(app, base_url=HERE, raise_server_exceptions=False)


class Person:
    """Somebody with an account of a name that nobody has."""

    def __init__(self, served, **more):
        self.served, self.name = served, f"person {next(_NUMBERS)}"
        given = {"name": self.name, "passphrase": SECRET, "token": True, **more}
        served.app.state.attempts.__init__()  # others have signed up, too
        answer = served.post("/v1/account", json=given)
        assert answer.status_code == 201, answer.text
        self.account = answer.json()["account"]
        self.headers = {"authorization": f"Bearer {answer.json()['token']}"}

    def sign_in(self):
        """Begin another session."""
        given = {"name": self.name, "passphrase": SECRET, "token": True}
        answer = self.served.post("/v1/session", json=given)
        self.headers = {"authorization": f"Bearer {answer.json()['token']}"}

    def ask(self, method, path, **given):
        """An answer to this person."""
        headers = {**self.headers, **given.pop("headers", {})}
        return self.served.request(method, path, headers=headers, **given)

    def get(self, path, **given):
        """What lies there."""
        return self.ask("GET", path, **given).json()

    def say(self, words, **fields):
        """An answer to a recording."""
        headers = fields.pop("headers", {})
        sound = {"audio": ("x.wav", HEAD + words.encode())}
        return self.ask("POST", "/v1/diary/entries", files=sound, data=fields, headers=headers)

    def write(self, words, **more):
        """An answer to words."""
        return self.ask("POST", "/v1/diary/entries", json={"words": words, **more})
