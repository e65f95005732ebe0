"""Language models: a scripted one, real HTTP servers on this machine, the real small model."""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest
from chat_server import ChatServer, events, like_vllm, says, send, serving
from tiny_gguf import write_gguf

from empathia import plugins
from empathia.errors import EmpathiaError, ServerError, UsageError, WeightsError
from empathia.lm.local import LocalModel
from empathia.lm.scripted import ScriptedModel
from empathia.lm.server import ServerModel, http
from empathia.types import Message, Request

HELLO = (Message("system", "Be kind."), Message("user", "Hello"))
HI = (Message("user", "Hi."),)
KEYS = ("EMPATHIA_LLM_KEY", "OPENAI_API_KEY")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch):
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def wait_for_the_end(handler) -> None:
    handler.server.over.wait(20)


def drip(handler) -> None:
    """A byte now and then, so that no single wait is long."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.over.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def answer(model, messages=HELLO, **options) -> str:
    (text,) = model.complete([Request(messages, **options)])
    return text


def ask(server: ChatServer, path: str = "", **options) -> str:
    return answer(ServerModel(server.url + path, "m", **{"pause": 0.0, **options}))


def test_a_message_has_one_of_three_roles():
    with pytest.raises(UsageError, match="role 'bot'"):
        Message("bot", "x")


def test_scripted_answers_in_turn_and_remembers_what_it_was_asked():
    model = ScriptedModel(["one", ServerError("down")])
    assert answer(model, HELLO, seed=7) == "one"
    with pytest.raises(ServerError, match="down"):
        answer(model)
    with pytest.raises(UsageError, match="2 answers and was asked 3"):
        answer(model)
    assert model.asked[0] == HELLO
    assert model.seeds[0] == 7
    assert answer(ScriptedModel(lambda m: m[-1].content.upper())) == "HELLO"


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_the_endpoint_is_found_with_and_without_v1(path):
    with serving(says("Hi.")) as server:
        assert ask(server, path) == "Hi."
    sent_to, _, body = server.seen[0]
    assert sent_to == "/v1/chat/completions"
    assert body["model"] == "m"
    assert body["messages"][1] == {"role": "user", "content": "Hello"}
    assert (body["max_tokens"], body["seed"], body["stream"]) == (60, 1, False)
    assert "top_k" not in body
    assert "stop" not in body


def test_another_api_path_is_kept():
    with serving(says("Hi.")) as server:
        ask(server, "/openai/v2")
    assert server.seen[0][0] == "/openai/v2/chat/completions"


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "ftp://localhost",
        "file:///etc/hosts",
        "http://",
        "http://a b",
        "http://a\n",
        "http://localhost:99999",
        "http://localhost:0",
        "http://h/v1?x=1",
        "http://h/#y",
        "",
        "http://[1",
    ],
)
def test_urls_that_cannot_be_meant_are_refused(url):
    with pytest.raises(UsageError, match="URL"):
        ServerModel(url, "m")


def test_a_password_in_the_url_is_refused_and_not_shown():
    with pytest.raises(UsageError) as error:
        ServerModel("http://ann:geheim@localhost", "m")
    assert "geheim" not in str(error.value)


def test_a_model_must_be_named_and_times_must_be_positive():
    with pytest.raises(UsageError, match="no model"):
        ServerModel("http://localhost", " ")
    with pytest.raises(UsageError, match="times over 0"):
        ServerModel("http://localhost", "m", timeout=0)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://localhost:1", True),
        ("http://127.0.0.7", True),
        ("http://[::1]:80/v1", True),
        ("https://api.openai.com/v1", False),
        ("http://192.168.1.5", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
    ],
)
def test_words_leave_the_machine_unless_the_host_is_this_one(url, local):
    assert ServerModel(url, "m").is_local is local


def test_a_server_that_is_down():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connecting is refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ServerError, match=r"cannot be reached .*Start it"):
            answer(ServerModel(url, "m"))


@pytest.mark.parametrize("step", [wait_for_the_end, drip])
def test_a_server_that_is_slow(step):
    with serving(step) as server, pytest.raises(ServerError, match=r"within 0\.3 s"):
        ask(server, timeout=0.3)


@pytest.mark.parametrize(
    ("step", "what"),
    [
        (send(200, b"<html>hi</html>"), "not JSON"),
        (send(200, b"[" * 100_000), "not JSON"),
        (send(200, b"\xff\xfe\x00garbage"), "not JSON"),
        (send(200, b"{}"), "without choices"),
        (send(200, b"[1]"), "without choices"),
        (send(200, b'{"choices": []}'), "without choices"),
        (send(200, b'{"choices": [null]}'), "without choices"),
        (says(""), "no words"),
        (says(None), "no words"),
        (says(42), "no words"),
        (says("  \n"), "no words"),
        (says("<think>only thoughts</think>"), "no words"),
        (says("word " * 2000), "10000|9999 characters"),
        (send(200, b" " * 3_000_000), "more than 2 MB"),
        (lambda h: h.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "not HTTP"),
        (send(404, b'{"error": {"message": "no model m"}}'), "404: no model m"),
        (send(401, b'{"error": "who are you"}'), r"401: who are you\. Set EMPATHIA_LLM_KEY"),
        (send(400, b"<p>bad\x07 things</p>"), "400: bad things"),
        (send(500, b""), "HTTP status 500"),
        (hang_up, "hung up twice"),
    ],
)
def test_nonsense_is_told_apart(step, what):
    with serving(step) as server, pytest.raises(ServerError, match=what) as error:
        ask(server)
    assert "\n" not in str(error.value)


def test_a_long_complaint_is_shortened():
    with serving(send(400, b"x" * 5000)) as server, pytest.raises(ServerError) as error:
        ask(server)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    "first",
    [hang_up, send(500, b"oops"), send(503, b"", Retry_After="0"), send(429, b"", Retry_After="0")],
)
def test_one_retry_mends_a_hiccup(first):
    with serving(first, says("Fine.")) as server:
        assert ask(server) == "Fine."
    assert len(server.seen) == 2


def test_a_long_retry_after_is_not_waited_for():
    with (
        serving(send(429, b"busy", Retry_After="600"), says("Fine.")) as server,
        pytest.raises(ServerError, match=r"429: busy"),
    ):
        ask(server)
    assert len(server.seen) == 1


def test_a_client_error_is_not_asked_again():
    with serving(send(400, b"no"), says("Fine.")) as server, pytest.raises(ServerError):
        ask(server)
    assert len(server.seen) == 1


def test_a_redirect_within_the_server_is_followed():
    with serving(send(307, b"", Location="/new/chat"), says("Here.")) as server:
        assert ask(server) == "Here."
    assert [path for path, _, _ in server.seen] == ["/v1/chat/completions", "/new/chat"]
    assert server.seen[1][2] == server.seen[0][2]


def test_words_are_not_sent_on_to_another_server():
    with (
        serving(says("Gotcha.")) as other,
        serving(send(307, b"", Location=other.url)) as server,
        pytest.raises(ServerError, match=r"redirects to .* not sent on"),
    ):
        ask(server)
    assert other.seen == []


def test_redirects_in_circles_end():
    with (
        serving(send(302, b"", Location="/v1/chat/completions")) as server,
        pytest.raises(ServerError, match="in circles"),
    ):
        ask(server)


def test_thoughts_are_cut_off():
    with serving(says("<think>She is sad.</think>\n\nI'm sorry.")) as server:
        assert ask(server) == "I'm sorry."
    with serving(says("template opened it</think> I'm sorry.")) as server:
        assert ask(server) == "I'm sorry."


def test_a_thinking_model_gets_room_to_think():
    with serving(says("<think>Let me see", "length"), says("<think>ok</think>Hi.")) as server:
        assert ask(server) == "Hi."
    assert [body["max_tokens"] for _, _, body in server.seen] == [60, 60 + 1024]


def test_content_in_parts_is_joined():
    with serving(says([{"type": "text", "text": "Hi "}, {"type": "x"}, {"text": "Ann."}])) as s:
        assert ask(s) == "Hi Ann."


def test_the_key_is_sent_and_never_shown(monkeypatch):
    monkeypatch.setenv("EMPATHIA_LLM_KEY", "sk-secret")
    with serving(send(401, b'{"error": "bad key sk-secret"}')) as server:
        model = ServerModel(server.url, "m")
        with pytest.raises(ServerError) as error:
            answer(model)
    assert server.seen[0][1]["Authorization"] == "Bearer sk-secret"
    assert "sk-secret" not in f"{error.value}{model!r}"
    monkeypatch.setenv("EMPATHIA_LLM_KEY", "sk-bad\nX-Evil: 1")
    with pytest.raises(UsageError) as refused:
        ServerModel(server.url, "m")
    assert "sk-bad" not in str(refused.value)


def test_the_key_of_openai_goes_to_openai_and_this_machine_only(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-o")
    with serving(says("Hi.")) as server:
        ask(server)
    assert server.seen[0][1]["Authorization"] == "Bearer sk-o"
    sent = []

    def nowhere(to, body, headers, **_):
        sent.append(headers.get("Authorization"))
        raise ServerError("no network", "None is needed")

    monkeypatch.setattr(http, "post", nowhere)
    for url in ("https://api.openai.com/v1", "https://stranger.example"):
        with pytest.raises(ServerError, match="no network"):
            answer(ServerModel(url, "m"))
    assert sent == ["Bearer sk-o", None]


def streamed(server: ChatServer, **options) -> list[str]:
    model = ServerModel(server.url, "m", **options)
    return list(model.stream(Request(HELLO, max_tokens=20)))


def test_a_stream_comes_in_pieces():
    with serving(events("I", " hear", " you.")) as server:
        assert "".join(streamed(server)) == "I hear you."
    assert server.seen[0][2]["stream"] is True
    with serving(says("All at once.")) as server:  # a server that does not stream
        assert streamed(server) == ["All at once."]


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["<thi", "nk>She is", " sad.</th", "ink>\n\n", "I'm ", "sorry."], "I'm sorry."),
        (["1 <", " 2, and", " so on. "], "1 < 2, and so on."),
        (["\n Hi ", " Ann.\n"], "Hi  Ann."),
        (["Hi <b"], "Hi <b"),
    ],
)
def test_a_streamed_text_is_the_whole_one_without_thoughts(pieces, text):
    with serving(events(*pieces)) as server:
        assert "".join(streamed(server)) == text
    with serving(says("".join(pieces))) as server:
        assert ask(server) == text


@pytest.mark.parametrize(
    ("step", "what"),
    [
        (events(), "no words"),
        (events("<think>", "only thoughts"), "no words"),
        (events("word " * 2000), "characters where 20 tokens"),
        (send(200, b"data: {oops\n\n", Content_Type="text/event-stream"), "not JSON"),
        (send(200, b'data: {"error": "lost"}\n\n', Content_Type="text/event-stream"), "lost"),
        (send(404, b'{"error": {"message": "no model m"}}'), "404: no model m"),
        (send(307, b"", Location="http://elsewhere.example"), "redirects to"),
        (hang_up, "hung up"),
        (wait_for_the_end, r"within 0\.3 s"),
        (lambda h: h.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "not HTTP"),
    ],
)
def test_a_stream_that_fails_says_why(step, what):
    with serving(step) as server, pytest.raises(ServerError, match=what):
        streamed(server, timeout=0.3)


def test_closing_a_stream_closes_the_connection():
    closed = threading.Event()

    def endless(handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        try:
            while not handler.server.over.is_set():
                handler.wfile.write(b'data: {"choices": [{"delta": {"content": "and "}}]}\n\n')
                handler.server.over.wait(0.01)
        except OSError:
            closed.set()

    with serving(endless) as server:
        pieces = ServerModel(server.url, "m").stream(Request(HELLO, max_tokens=10_000))
        assert next(pieces) == "and"
        pieces.close()
        assert closed.wait(5)


def test_a_server_that_scores_its_prompt_scores_answers():
    begun = (*HELLO, Message("assistant", "She is"))
    with serving(like_vllm) as server:
        model = ServerModel(server.url, "m")
        table = model.score([Request(HELLO), Request(begun)], ["sad", "happy"])
        assert model.score([], ["sad"]).shape == (0, 1)
        assert model.score([Request(HELLO)], []).shape == (1, 0)
    assert table.tolist() == [[-3, -5], [-3, -5]]
    assert server.seen[-1][2]["messages"][-1] == {"role": "assistant", "content": "She ishappy"}
    with pytest.raises(UsageError, match="empty answer"):
        model.score([Request(HELLO)], ["sad", ""])


@pytest.mark.parametrize(
    "step",
    [
        says("I do not know that field."),
        send(400, b'{"error": {"message": "unknown field prompt_logprobs"}}'),
        send(422, b"{}"),
    ],
)
def test_a_server_without_log_probabilities_says_so(step):
    with (
        serving(step) as server,
        pytest.raises(ServerError, match="gives no log probabilities of given answers"),
    ):
        ServerModel(server.url, "m").score([Request(HELLO)], ["sad"])


def top_tokens(**values: float) -> bytes:
    tops = [{"token": t, "logprob": v} for t, v in values.items()]
    message = {"message": {"role": "assistant", "content": "x"}}
    first = {"token": "x", "logprob": -1.0, "top_logprobs": tops}
    return json.dumps({"choices": [{**message, "logprobs": {"content": [first]}}]}).encode()


@pytest.mark.parametrize("probe", [send(400, b'{"error": "unknown field"}'), says("Hello.")])
def test_a_server_that_shows_likely_tokens_scores_by_the_first(probe):
    tokens = {"joy": -1.0, " Joy": -1.0, "s": -2.0, "ang": -3.0, "The": -0.1, " ": -5.0}
    with serving(probe, send(200, top_tokens(**tokens))) as server:
        model = ServerModel(server.url, "m")
        table = model.score([Request(HELLO), Request(HI)], ["joy", "anger", "sadness", "surprise"])
    # Two tokens of "joy"; "s" may be either of two; the least of all that is shown.
    expected = [-1 + math.log(2), -3, -3, -3]
    assert table == pytest.approx(np.array([expected, expected]))
    assert len(server.seen) == 3  # that it does not score prompts is asked once
    assert server.seen[-1][2]["top_logprobs"] == 20


def test_figures_of_whole_answers_are_not_mixed_with_those_of_first_tokens():
    too_long = send(400, b'{"error": {"message": "context length exceeded"}}')
    for odd in (too_long, send(200, top_tokens(joy=-1.0))):
        with serving(like_vllm, like_vllm, odd, like_vllm) as server:
            model = ServerModel(server.url, "m")
            assert model.score([Request(HELLO)], ["sad"]) == -3
            with pytest.raises(ServerError, match="no log probabilities"):
                model.score([Request(HI)], ["sad"])
            assert len(server.seen) == 3
            assert model.score([Request(HELLO)], ["sad"]) == -3
    with serving(too_long, too_long, like_vllm) as server:
        model = ServerModel(server.url, "m")
        with pytest.raises(ServerError, match="context length"):
            model.score([Request(HELLO)], ["sad"])
        assert model.score([Request(HELLO)], ["sad"]) == -3


def test_an_answer_that_was_begun_is_not_scored_by_a_first_token():
    begun = (*HELLO, Message("assistant", "She is"))
    with (
        serving(send(400, b"{}"), send(200, top_tokens(joy=-1.0))) as server,
        pytest.raises(ServerError, match="no log probabilities"),
    ):
        ServerModel(server.url, "m").score([Request(begun)], ["joy"])


def test_a_server_is_told_the_choices_in_the_ways_of_vllm_and_llama_cpp():
    with serving(says("joy")) as server:
        ask(server)
        answer(ServerModel(server.url, "m"), choices=("joy", 'a "b"'))
    _, _, body = server.seen[1]
    assert body["structured_outputs"] == {"choice": ["joy", 'a "b"']}
    assert body["guided_choice"] == ["joy", 'a "b"']
    assert body["grammar"].startswith('root ::= "\\U0000006A\\U0000006F\\U00000079" | "')
    assert not {"structured_outputs", "guided_choice", "grammar"} & server.seen[0][2].keys()


def test_the_script_keeps_to_the_choices():
    model = ScriptedModel(["joy", "well"])
    assert answer(model, choices=("joy", "anger")) == "joy"
    with pytest.raises(UsageError, match="'well' where one of joy, anger"):
        answer(model, choices=("joy", "anger"))


def test_scripted_streams_and_scores():
    model = ScriptedModel(["Well, I never."], scores=lambda m, answer: -len(answer) - len(m))
    assert list(model.stream(Request(HELLO))) == ["Well, ", "I ", "never."]
    assert model.score([Request(HELLO)], ["a", "bc"]).tolist() == [[-3, -4]]
    with pytest.raises(UsageError, match="no scores"):
        ScriptedModel([]).score([Request(HELLO)], ["a"])


@pytest.mark.parametrize("name", plugins.names("lm"))
def test_every_language_model_is_a_plug_in(name):
    plugins.load("lm", name, needs=("load",))


def test_plug_ins_are_loaded_by_a_line():
    assert answer(plugins.load("lm", "scripted").load("One.\nTwo.")) == "One."
    model = plugins.load("lm", "server").load("http://localhost:1/v1#org/model:7b", threads=2)
    assert (model.name, model.host) == ("org/model:7b", "localhost")
    with pytest.raises(UsageError, match="no model"):
        plugins.load("lm", "server").load("http://localhost:1")
    with pytest.raises(WeightsError, match=r"nowhere\.gguf"):
        plugins.load("lm", "local").load("nowhere.gguf")


@pytest.mark.parametrize("content", [b"", b"GG", b"no model at all", b"GGUF" + bytes(200)])
def test_a_file_that_is_no_model(tmp_path, content):
    pytest.importorskip("xllamacpp")
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"model\.gguf"), LocalModel(path) as model:
        answer(model, HI)


def test_a_model_that_was_never_asked_is_closed_at_once(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + bytes(200))
    model = LocalModel(path)  # no engine is started, and so none has to be stopped
    model.close()
    with pytest.raises(UsageError, match="closed"):
        answer(model, HI)


def test_a_model_that_is_not_there(tmp_path):
    with pytest.raises(WeightsError, match="weights pull smollm2"):
        LocalModel(tmp_path / "none.gguf")
    with pytest.raises(WeightsError, match="cannot read"):
        LocalModel(tmp_path)
    with pytest.raises(UsageError, match="at least one thread"):
        LocalModel(tmp_path, threads=0)


def test_without_the_extra_the_command_that_adds_it_is_named(tmp_path, monkeypatch):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(EmpathiaError, match=r"pip install 'empathia\[lm\]'"):
        LocalModel(path)


def test_importing_the_interface_imports_no_engine():
    code = (
        "import sys, empathia.lm.local, empathia.lm.server, empathia.replies.lm\n"
        "print([m for m in ('xllamacpp', 'torch', 'numpy.testing') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalModel]:
    """One that says anything, for what does not depend on what is said."""
    pytest.importorskip("xllamacpp")
    file = write_gguf(tmp_path_factory.mktemp("tiny") / "tiny.gguf")
    with LocalModel(file, context=1024) as model:
        yield model


@pytest.fixture(scope="module")
def small() -> Iterator[LocalModel]:
    pytest.importorskip("xllamacpp")
    with LocalModel(_smollm2(), name="smollm2") as model:
        yield model


def _smollm2() -> Path:
    from empathia import weights

    try:
        return weights.folder("smollm2") / "model.gguf"
    except WeightsError as error:
        pytest.skip(str(error))


def test_an_answer_is_the_same_whatever_was_asked_before(tiny):
    first = answer(tiny, HELLO, max_tokens=12)
    answer(tiny, (Message("user", "Something else entirely."),), max_tokens=4)
    assert answer(tiny, HELLO, max_tokens=12) == first != ""
    assert answer(tiny, HELLO, max_tokens=12, seed=2, temperature=1.5) != first


@pytest.mark.weights
def test_the_small_model_goes_on_from_a_beginning_and_heeds_a_stop(small):
    begun = (Message("user", "Count: one, two, three."), Message("assistant", "One, two,"))
    assert answer(small, begun, max_tokens=6, temperature=0).strip().lower().startswith("three")
    assert "three" not in answer(small, begun, max_tokens=6, temperature=0, stop=["three"])


def test_an_answer_is_one_of_the_choices(tiny):
    choices = ("very glad", "기쁨", 'a "quote"')
    asked = [(Message("user", f"How are you, {name}?"),) for name in ("Ann", "Ben", "Cem")]
    assert {answer(tiny, a, max_tokens=20, choices=choices) for a in asked} <= set(choices)
    assert answer(tiny, HELLO, max_tokens=20, choices=("기쁨",)) == "기쁨"


def test_too_long_a_conversation_is_an_error_of_the_model_and_it_lives_on(tiny):
    with pytest.raises(ServerError, match=r"tiny.*context"):
        answer(tiny, (Message("user", "word " * 4000),))
    assert answer(tiny, HELLO, max_tokens=2)


def test_a_stream_is_the_answer_and_stops_when_closed(tiny):
    request = Request(HELLO, max_tokens=12)
    assert "".join(tiny.stream(request)) == answer(tiny, max_tokens=12)
    pieces = tiny.stream(Request((Message("user", "Tell a long story."),), max_tokens=1900))
    assert next(pieces)
    pieces.close()
    assert "empathia-lm" not in {t.name for t in threading.enumerate()}
    busy = time.process_time()
    time.sleep(0.2)
    assert time.process_time() - busy < 0.1


SCORES = json.loads((Path(__file__).parent / "scores.json").read_text(encoding="utf-8"))
SCORED = [Request((Message("system", s), Message("user", u))) for s, u in SCORES["requests"]]


@pytest.mark.slow
@pytest.mark.weights
def test_scores_are_those_of_a_full_pass_in_32_bit_arithmetic(small):
    expected = np.array(SCORES["nats"])
    scores = small.score(SCORED, SCORES["answers"])
    assert scores.shape == expected.shape
    assert scores.dtype == np.float32
    assert np.abs(scores - expected).max() < 0.1
    apart = expected[:, :, None] - expected[:, None] > 0.2
    assert (scores[:, :, None] > scores[:, None])[apart].all()


@pytest.mark.slow
@pytest.mark.weights
def test_a_score_depends_on_nothing_else_that_was_asked(small):
    answers = SCORES["answers"][:4]
    together = small.score(SCORED[:2], answers)
    answer(small, max_tokens=3)
    alone = [[small.score([r], [a])[0, 0] for a in answers[::-1]] for r in SCORED[1::-1]]
    assert np.array_equal(together, np.array(alone)[::-1, ::-1])


def test_what_cannot_be_scored_is_an_error(tiny):
    with pytest.raises(UsageError, match="empty answer"):
        tiny.score([Request(HELLO)], [""])
    with pytest.raises(ServerError, match="'기쁨' has a character"):
        tiny.score([Request(HELLO)], ["기쁨"])
    with pytest.raises(ServerError, match=r"tiny.*context"):
        tiny.score([Request((Message("user", "word " * 4000),))], ["joy"])
    assert tiny.score([Request(HELLO)], ['say "no"\n'])[0, 0] < 0


def test_a_server_of_llama_cpp_scores_like_the_model_in_this_process(tiny, tmp_path):
    xllamacpp = pytest.importorskip("xllamacpp")
    settings = xllamacpp.CommonParams()
    settings.n_ctx, settings.verbosity = 1024, -1
    settings.model.path = str(write_gguf(tmp_path / "tiny.gguf"))
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.cpuparams.poll = settings.cpuparams_batch.poll = 0
    settings.hostnames, settings.port = ["127.0.0.1"], 0
    engine = xllamacpp.Server(settings)
    model = ServerModel(engine.listening_address, "tiny")
    answers = SCORES["answers"][:7]
    scores = model.score(SCORED[:1], answers)
    assert np.abs(scores - tiny.score(SCORED[:1], answers)).max() < 0.1
    assert "".join(model.stream(Request(HELLO, max_tokens=5)))


_TALK = """
import sys, glob, signal, tempfile
# A shell that runs the tests in the background has them ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from empathia.lm.local import LocalModel
from empathia.types import Message, Request
model = LocalModel(Path(sys.argv[1]))
print('ready', glob.glob(tempfile.gettempdir() + '/empathia-*'), flush=True)
try:
    question = [Message('user', 'Tell a long story.')]
    print(bool(model.complete([Request(question, max_tokens=int(sys.argv[2]))])[0]))
except KeyboardInterrupt:
    print('interrupted')
model.close()
"""


def _talk(tokens: int, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _TALK, str(_smollm2()), str(tokens)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )


@pytest.mark.weights
def test_the_engine_is_quiet_and_leaves_nothing_behind(tmp_path):
    pytest.importorskip("xllamacpp")
    out, err = _talk(3, tmp_path).communicate(timeout=120)
    assert out.splitlines() == ["ready []", "True"]
    assert err == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.weights
def test_a_stream_that_nobody_closes_ends_with_the_program(tmp_path):
    pytest.importorskip("xllamacpp")
    code = _TALK.partition("try:")[0] + (
        "stream = model.stream(Request([Message('user', 'Tell a long story.')], max_tokens=1900))\n"
        "print(bool(next(stream)))"
    )
    command = [sys.executable, "-c", code, str(_smollm2())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout.splitlines()[-1], done.stderr) == ("True", "")


@pytest.mark.weights
def test_ctrl_c_stops_the_engine(tmp_path):
    pytest.importorskip("xllamacpp")
    process = _talk(1900, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("ready")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    # Heard before the answer began, or while it was made: never after all of it.
    assert out.strip() == "interrupted" or "KeyboardInterrupt" in err
    assert "Fatal" not in err
