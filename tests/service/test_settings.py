"""A service that others reach demands a token; what cannot be is told before it starts."""

from __future__ import annotations

import socket

import pytest
from diary_client import service
from serving import scripted
from starlette.testclient import TestClient

from empathia import cli
from empathia.errors import UsageError
from empathia.service.settings import Settings, is_loopback, token_of

LONG = "x" * 16


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.53", "[::1]"])
def test_on_this_machine_no_token_is_needed(tmp_path, host):
    assert is_loopback(host)
    assert Settings(tmp_path, host=host).token is None


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.2", "example.org", "127.0.0.1.nip.io"]
)
def test_elsewhere_one_is(tmp_path, host):
    with pytest.raises(UsageError, match="without a token"):
        Settings(tmp_path, host=host)
    asked = "[::]" if host == "::" else host
    assert Settings(tmp_path, host=host, token=LONG).hosts == (asked,)


def test_an_address_of_ipv6_is_named_as_requests_name_it(tmp_path):
    one = Settings(tmp_path, host="2001:DB8::5", names=("[2001:db8::6]",), token=LONG)
    headers = {"host": "[2001:db8::5]:8000", "authorization": f"Bearer {LONG}"}
    client = TestClient(scripted(one))  # not started: the guard stands before all
    assert one.hosts == ("[2001:db8::5]", "[2001:db8::6]")
    assert client.get("/v1/openapi.json", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"port": 70000}, "no port 70000"),
        ({"waiting": 0}, "uploads"),
        ({"token": "short"}, "16 ASCII characters or more, this one 5"),
        ({"token": "ä" * 20}, "ASCII"),
    ],
)
def test_what_cannot_be_is_told(tmp_path, wrong, told):
    with pytest.raises(UsageError, match=told):
        Settings(tmp_path, **wrong)


def test_a_token_is_never_shown(tmp_path, monkeypatch):
    assert LONG not in repr(Settings(tmp_path, token=LONG))
    for said, token in ((f" {LONG}\n", LONG), (" ", None)):
        monkeypatch.setenv("EMPATHIA_TOKEN", said)
        assert token_of() == token
    monkeypatch.delenv("EMPATHIA_TOKEN")
    assert token_of() is None


def test_a_database_is_never_shown_and_opened_before_anything_else(tmp_path):
    assert LONG not in repr(Settings(tmp_path, database=f"postgresql://ann:{LONG}@host/diary"))
    one = service(tmp_path, database="mysql://host/diary")
    with pytest.raises(UsageError, match="not in 'mysql'"), one:
        pass
    assert one.app.state.failure and not one.app.state.reader.is_ready


def test_names_are_those_it_may_be_called_by(tmp_path):
    assert Settings(tmp_path, names=("Diary.Home",)).hosts == (
        "127.0.0.1",
        "localhost",
        "[::1]",
        "diary.home",
    )


def test_the_terminal_makes_tokens_and_tells_what_is_wrong(tmp_path, capsys):
    assert cli.main(["serve", "token"]) == 0
    made = capsys.readouterr().out.strip()
    assert Settings(tmp_path, host="0.0.0.0", token=made)
    assert cli.main(["serve", "--host", "0.0.0.0", "--folder", str(tmp_path)]) == 2
    assert "EMPATHIA_TOKEN" in capsys.readouterr().err
    assert cli.main(["serve", "--cert", "x.pem"]) == 2
    (file := tmp_path / "file").touch()
    assert cli.main(["serve", "--folder", str(file)]) == 2
    assert f"'{file}' is no folder" in capsys.readouterr().err
    with pytest.raises(SystemExit):  # not taken for --database
        cli.main(["serve", f"--data={tmp_path}"])
    assert "unrecognized arguments: --data=" in capsys.readouterr().err
    capsys.readouterr()
    for wrong, told in (
        (["--llm-url", "http://127.0.0.1:9/v1"], "--llm-model"),
        (["--empathy", "reaction=9"], "reaction=9"),
        (["--care", str(tmp_path / "none.toml")], "none.toml"),
    ):
        assert cli.main(["serve", "--folder", str(tmp_path), *wrong]) == 2
        assert told in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["serve", "--port", str(port), "--folder", str(tmp_path)]) == 2
    assert f"cannot listen on 127.0.0.1, port {port}" in capsys.readouterr().err
