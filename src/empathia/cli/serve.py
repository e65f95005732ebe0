"""``empathia serve``: the service on this machine."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from empathia.cli._replying import add_replying
from empathia.errors import UsageError, needs

_EPILOG = """\
examples:
  empathia serve                                  on this machine, http://127.0.0.1:8000
  empathia serve token                            make a token
  empathia serve --llm-url http://localhost:11434/v1 --llm-model llama3   replies by Ollama
  EMPATHIA_TOKEN=... empathia serve --host 0.0.0.0 --cert cert.pem --key key.pem

It listens on this machine alone, unless --host says otherwise; then whoever asks must show the
token in EMPATHIA_TOKEN. What it is given is kept in EMPATHIA_HOME/service, else
~/.local/share/empathia/service, until it is deleted. --database postgresql://... keeps the diary
in PostgreSQL; in EMPATHIA_DATABASE its password is not in the list of processes.
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "serve",
        help="run the service: HTTP, WebSocket, and a page",
        description="Read, reply and react over HTTP and WebSocket, on this machine.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="?", choices=["token"], help="print a new token and end")
    parser.add_argument("--host", default="127.0.0.1", help="address (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="default: 8000; 0: a free one")
    parser.add_argument(
        "--name",
        dest="names",
        action="append",
        default=[],
        metavar="HOST",
        help="a name that it is reached by, as behind a proxy; may be repeated",
    )
    parser.add_argument("--cert", type=Path, metavar="FILE", help="certificate, for https")
    parser.add_argument("--key", type=Path, metavar="FILE", help="its key")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where uploads are kept")
    parser.add_argument(
        "--database", metavar="URL", help="of the diary, or a file (default: one there)"
    )
    parser.add_argument(
        "--largest", type=int, default=2000, metavar="MB", help="of an upload (default: 2000)"
    )
    parser.add_argument(
        "--longest", type=int, default=240, metavar="MINUTES", help="of an upload (default: 240)"
    )
    _working(parser)


def _working(parser: argparse.ArgumentParser) -> None:
    """Who hears, answers and speaks."""
    parser.add_argument(
        "--permissive", action="store_true", help="leave out weights trained on non-commercial data"
    )
    parser.add_argument(
        "--voice",
        metavar="VOICE",
        help="who speaks answers: kokoro, kokoro:NAME, URL#MODEL of a server with OpenAI's "
        "/v1/audio/speech, or none (default: kokoro where its weight is pulled)",
    )
    parser.add_argument("--threads", type=int, metavar="N", help="threads for the models")
    parser.add_argument(
        "--recogniser",
        action="append",
        metavar="NAME",
        help="who hears emotion, a name or a folder that train kept (default: those that ship)",
    )
    add_replying(parser.add_argument_group("replies"))


def run(args: argparse.Namespace) -> int:
    """Serve until it is told to end."""
    from empathia.cli._chosen import chosen
    from empathia.service import settings as s

    if args.what == "token":
        print(s.new_token())
        return 0
    if (args.cert is None) != (args.key is None):
        raise UsageError("https needs a certificate and its key", "Give --cert and --key")
    folder = args.folder or s.home()
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"'{folder}' is no folder", "Give another --folder")
    settings = s.Settings(
        folder,
        args.host,
        args.port,
        tuple(args.names),
        s.token_of(),
        chosen(args, names=()),  # which are those of the service
        largest=args.largest * 1_000_000,
        longest=args.longest * 60.0,
        voice=_voice(args.voice),
        database=args.database or os.environ.get("EMPATHIA_DATABASE") or None,
    )
    with needs("serve", "the service"):
        from empathia.service.running import serve
    return serve(settings, args.cert, args.key)


def _voice(given: str | None) -> str | None:
    from empathia import weights

    if given is None:
        return "kokoro" if weights.state("kokoro") == "ok" else None
    return None if given == "none" else given
