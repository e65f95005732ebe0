"""OpenAI's own client, as it is, over a socket: chats, transcripts, speech, and what is refused."""

from __future__ import annotations

import contextlib
import io
import json
import threading
import time
import wave

import httpx
import pytest
from little_voice import RATE
from media_files import heard, loudest_hz
from serving import scripted, serving

from empathia import weights
from empathia.service.app import create
from empathia.service.forms import INCOMING
from empathia.service.settings import Settings
from empathia.service.staff import hired

openai = pytest.importorskip("openai")
TOKEN = "t" * 20
CHAT, WORDS, SPEECH = "empathia", "empathia-transcribe", "empathia-speech"
TALK = b"Ann|Hello there. How are you?\nBen|I am <sad> today"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    settings = Settings(folder, token=TOKEN, voice="little", waiting=1, largest=50_000)
    with serving(scripted(settings)) as address:
        yield f"{address}/v1"
    assert not list((folder / INCOMING).glob("*"))  # nothing outlives its request


@pytest.fixture(scope="module")
def client(served):
    with openai.OpenAI(base_url=served, api_key=TOKEN, max_retries=0) as one:
        yield one


def ask(client, text="I am sad.", **more):
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.create(**{"model": CHAT, "messages": messages, **more})


def transcribe(client, talk=TALK, **more):
    file = ("talk.wav", talk)
    return client.audio.transcriptions.create(**{"model": WORDS, "file": file, **more})


def speak(client, text="one two three", **more):
    given = {"model": SPEECH, "voice": "alloy", "input": text, **more}
    return client.audio.speech.create(**given)


def refused(told, call):
    """The error of a call that the service refuses by name."""
    with pytest.raises(openai.APIStatusError) as error:
        call()
    body = error.value.response.json()["error"]
    assert set(body) == {"message", "type", "param", "code"}
    assert (error.value.status_code, body["param"]) == told, body["message"]
    return body


def test_there_is_a_model_for_each_kind_of_request(client):
    assert [m.id for m in client.models.list()] == [CHAT, WORDS, SPEECH]
    assert client.models.retrieve(CHAT).owned_by == "empathia"
    assert refused((404, "model"), lambda: client.models.retrieve("x"))["code"] == "model_not_found"


def test_a_chat_is_answered_with_what_was_felt(client):
    talk = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi."},
        {"role": "assistant", "content": "Hello, how are you?"},
        {"role": "user", "content": [{"type": "text", "text": "I am so sad."}]},
    ]
    made = ask(client, messages=talk, temperature=0.2, seed=7, user="x", extra_body={"new": 1})
    (choice,) = made.choices
    assert choice.message.content == "3 turns, you said: I am so sad. How was it?"
    assert choice.finish_reason == "stop"
    own = choice.message.model_extra["empathia"]
    assert own["emotion"]["label"] == "sadness" and own["reply"]["source"] == "little"
    assert own["notes"] == ["messages of the system and the developer are not heeded"]
    usage = made.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (9, 11, 20)


def test_an_answer_ends_where_it_is_told_to(client):
    cut = ask(client, stop=["sad", "How"]).choices[0]
    assert (cut.message.content, cut.finish_reason) == ("1 turns, you said: I am", "stop")
    for name in ("max_tokens", "max_completion_tokens"):
        cut = ask(client, **{name: 3}).choices[0]
        assert (cut.message.content, cut.finish_reason) == ("1 turns, you", "length")


def test_a_chat_comes_in_pieces(client):
    options = {"include_usage": True}
    first, *between, end, last = list(ask(client, stream=True, stream_options=options))
    delta = first.choices[0].delta
    assert delta.role == "assistant"
    assert delta.model_extra["empathia"]["emotion"]["label"] == "sadness"
    said = "".join(c.choices[0].delta.content for c in between)
    assert said == ask(client).choices[0].message.content and len(between) == 10
    assert end.choices[0].finish_reason == "stop" and end.usage is None
    assert last.choices == [] and last.usage.completion_tokens == 10
    assert len({c.id for c in (first, *between, end, last)}) == 1
    assert list(ask(client, stream=True))[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"n": 2}, "n"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"logprobs": True}, "logprobs"),
        ({"presence_penalty": 0.5}, "presence_penalty"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"store": True}, "store"),
        ({"temperature": 3}, "temperature"),
        ({"top_p": -1}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"stream": "x"}, "stream"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": "Hi."}]}, "messages"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "messages[0].content[0].type",
        ),
        ({"messages": [{"role": "user", "content": "x" * 20_001}]}, "messages[0].content"),
    ],
)
def test_what_a_chat_cannot_do_is_refused_by_name(client, more, param):
    body = refused((400, param), lambda: ask(client, **more))
    assert (
        body["type"] == "invalid_request_error" and param.split("[")[0] in body["message"] + param
    )


def test_a_neutral_value_of_what_cannot_be_done_is_taken(client):
    more = {
        "n": 1,
        "tools": [],
        "tool_choice": "none",
        "response_format": {"type": "text"},
        "logprobs": False,
        "presence_penalty": 0.0,
        "stop": None,
        "max_tokens": None,
    }
    assert ask(client, **more).choices[0].finish_reason == "stop"


def test_errors_have_their_status_and_their_shape(client, served):
    assert refused((404, "model"), lambda: ask(client, model="gpt-4o"))["code"] == "model_not_found"
    with openai.OpenAI(base_url=served, api_key="wrong", max_retries=0) as stranger:
        assert refused((401, None), lambda: ask(stranger))["code"] == "invalid_api_key"
    refused((404, None), lambda: client.embeddings.create(model="x", input="y"))
    refused((413, None), lambda: transcribe(client, b"x" * 60_000))
    assert refused((500, None), lambda: ask(client, "fault"))["type"] == "server_error"
    auth = {"Authorization": f"Bearer {TOKEN}"}
    for wrong in (b"", b"[]", b"{", b"[" * 5000, b'{"model": "empathia", "messages": "\\ud800"}'):
        told = httpx.post(f"{served}/chat/completions", content=wrong, headers=auth)
        assert told.status_code == 400 and "error" in told.json()
    elsewhere = httpx.get(f"{served}/jobs/none", headers=auth)
    assert elsewhere.json()["status"] == 404  # problem details, as ever


def test_a_recording_becomes_words(client):
    made = transcribe(client)
    assert made.text == "Hello there. How are you? I am <sad> today"
    assert (made.usage.type, made.usage.seconds) == ("duration", 4.5)
    assert transcribe(client, response_format="text") == f"{made.text}\n"


def test_verbose_has_sentences_and_words(client):
    made = transcribe(client, response_format="verbose_json")
    assert (made.language, made.duration, made.words) == ("en", 4.5, None)
    spans = [(s.id, s.start, s.end, s.text) for s in made.segments]
    assert spans == [
        (0, 0.0, 1.0, "Hello there."),
        (1, 1.0, 2.5, "How are you?"),
        (2, 2.5, 4.5, "I am <sad> today"),
    ]
    own = [s.model_extra["empathia"] for s in made.segments]
    assert [(o["speaker"], o["emotion"]["label"]) for o in own] == [
        ("A", "joy"),
        ("A", "joy"),
        ("B", "sadness"),
    ]
    assert made.segments[0].avg_logprob == pytest.approx(-0.1054, abs=1e-4)  # log .9
    assert made.segments[0].no_speech_prob is None  # nobody measured it
    both = transcribe(
        client, response_format="verbose_json", timestamp_granularities=["word", "segment"]
    )
    assert [w.word for w in both.words][:3] == ["Hello", "there.", "How"]
    assert (both.words[2].start, both.words[2].end) == (1.0, 1.5)
    assert len(both.segments) == 3
    words = transcribe(client, response_format="verbose_json", timestamp_granularities=["word"])
    assert len(words.words) == 9 and words.segments is None


def test_long_sentences_are_cut_into_cues(client):
    made = transcribe(client, b"Ann|" + b"word " * 40, response_format="verbose_json")
    assert [len(s.text.split()) for s in made.segments] == [17, 17, 6]
    assert made.segments[1].start == made.segments[0].end == 8.5


def test_subtitles(client):
    assert transcribe(client, response_format="srt") == (
        "1\n00:00:00,000 --> 00:00:01,000\nHello there.\n\n"
        "2\n00:00:01,000 --> 00:00:02,500\nHow are you?\n\n"
        "3\n00:00:02,500 --> 00:00:04,500\nI am <sad> today\n\n"
    )
    text = transcribe(client, response_format="vtt")
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHello there.\n\n")
    assert "I am &lt;sad&gt; today" in text


def test_who_speaks(client):
    made = transcribe(client, response_format="diarized_json", chunking_strategy="auto")
    assert (made.task, made.duration) == ("transcribe", 4.5)
    assert [(s.speaker, s.start, s.end, s.text) for s in made.segments] == [
        ("A", 0.0, 2.5, "Hello there. How are you?"),
        ("B", 2.5, 4.5, "I am <sad> today"),
    ]


def test_transcripts_come_in_pieces(client):
    *pieces, done = list(transcribe(client, stream=True))
    assert {p.type for p in pieces} == {"transcript.text.delta"}
    assert done.type == "transcript.text.done"
    assert "".join(p.delta for p in pieces) == done.text == transcribe(client).text
    told = list(transcribe(client, stream=True, response_format="diarized_json"))
    assert [e.type.rpartition(".")[2] for e in told] == ["delta", "segment"] * 2 + ["done"]
    assert told[0].segment_id == told[1].id and told[3].speaker == "B"


def test_hints_and_language_are_handed_on(client):
    more = {"language": "en-US", "prompt": "About Kokoro.", "keywords": ["Ann", "Ben"]}
    given = json.loads(transcribe(client, b"echo", **more).text)
    assert given == {"language": "en", "words": ["Ann", "Ben", "About Kokoro."]}


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"timestamp_granularities": ["word"]}, "timestamp_granularities"),
        (
            {"timestamp_granularities": ["letter"], "response_format": "verbose_json"},
            "timestamp_granularities",
        ),
        ({"response_format": "docx"}, "response_format"),
        ({"response_format": "srt", "stream": True}, "stream"),
        ({"language": "klingon"}, "language"),
        ({"temperature": 2}, "temperature"),
        ({"include": ["logprobs"]}, "include"),
        ({"known_speaker_names": ["Ann"]}, "known_speaker_names"),
        ({"chunking_strategy": {"type": "server_vad"}}, "chunking_strategy"),
        ({"prompt": "x" * 1001}, "prompt"),
        ({"file": ("x.wav", b"")}, "file"),
    ],
)
def test_what_a_transcript_cannot_be_is_refused_by_name(client, more, param):
    refused((400, param), lambda: transcribe(client, **more))


def test_what_cannot_be_read_is_a_bad_request(client):
    body = refused((400, None), lambda: transcribe(client, b"fail"))
    assert body["message"] == "that cannot be read. Give another"
    body = refused((400, None), lambda: transcribe(client, b"lost"))
    assert body["message"] == "'talk.wav' cannot be read. Give another"
    body = refused((400, "file"), lambda: transcribe(client, b""))
    assert body["message"].startswith("the file is empty")


def test_a_file_without_a_name_is_called_an_upload(served):
    part = 'content-disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
    parts = part.format("file", '; filename=""', "lost"), part.format("model", "", WORDS)
    body = "".join(f"--b\r\n{one}" for one in parts) + "--b--\r\n"
    kind = {"authorization": f"Bearer {TOKEN}", "content-type": "multipart/form-data; boundary=b"}
    told = httpx.post(f"{served}/audio/transcriptions", content=body.encode(), headers=kind)
    assert told.status_code == 400
    assert told.json()["error"]["message"] == "'upload' cannot be read. Give another"


def test_more_recordings_than_can_wait_are_refused_for_a_while(client, tmp_path):
    go, began = tmp_path / "go", tmp_path / "began"
    made = []
    talk = f"wait {go} {began}".encode()
    waiting = threading.Thread(target=lambda: made.append(transcribe(client, talk)))
    waiting.start()
    while not began.exists():
        time.sleep(0.01)
    try:
        with pytest.raises(openai.RateLimitError) as error:
            transcribe(client)
    finally:
        go.touch()
        waiting.join()
    assert error.value.response.headers["retry-after"] == "5"
    assert error.value.response.json()["error"]["code"] == "rate_limit_exceeded"
    assert len(made) == 1 and transcribe(client).text


def test_a_transcript_does_not_wait_for_an_upload(served, client, tmp_path):
    go, began = tmp_path / "go", tmp_path / "began"
    file = {"file": ("talk.txt", f"wait {go} {began}".encode())}
    with httpx.Client(headers={"authorization": f"Bearer {TOKEN}"}) as http:
        job = http.post(f"{served}/jobs", files=file).json()
        while not began.exists():
            time.sleep(0.01)
        place = f"{served}/jobs/{job['id']}"
        try:
            assert transcribe(client).text
            assert http.get(place).json()["state"] == "reading"
        finally:
            go.touch()
        assert "event: job" in http.get(f"{place}/events").text


def test_nothing_is_read_for_who_has_gone(client, tmp_path):
    hasty = client.with_options(timeout=0.5)
    with pytest.raises(openai.APITimeoutError):
        transcribe(hasty, f"wait {tmp_path / 'never'}".encode())
    while True:  # until the service has noticed, and the one place is free
        with contextlib.suppress(openai.RateLimitError):
            assert transcribe(client).text
            break


@pytest.mark.parametrize("form", ["wav", "mp3", "opus", "aac", "flac"])
def test_texts_are_spoken(client, tmp_path, form):
    file = tmp_path / f"said.{form}"
    speak(client, response_format=form).write_to_file(file)
    samples = heard(file)
    assert abs(len(samples) / 16000 - 0.3) < 0.1
    assert abs(loudest_hz(samples) - 440) < 8


def test_samples_and_speed(client):
    plain = speak(client, response_format="pcm").content
    assert len(plain) == 3 * RATE // 10 * 2
    assert len(speak(client, response_format="pcm", speed=2.0, voice="ben").content) == RATE * 0.3
    with wave.open(io.BytesIO(speak(client, response_format="wav").content)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (RATE, 2, 1)
        assert file.readframes(10**6) == plain
    assert speak(client).content[:2] in (b"\xff\xf3", b"\xff\xfb", b"ID")  # mp3
    gentle = speak(client, response_format="pcm", instructions="gentle").content
    assert gentle != plain and len(gentle) == len(plain)


def test_sound_goes_out_while_it_is_made_and_ends_with_who_listens(client):
    given = {"model": SPEECH, "voice": "ann", "input": "endless", "response_format": "pcm"}
    with client.audio.speech.with_streaming_response.create(**given) as answer:
        assert len(next(answer.iter_bytes(1000))) == 1000
    assert speak(client, response_format="pcm").content  # the voice is free again


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"voice": "cleo"}, (400, "voice")),
        ({"text": " "}, (400, "input")),
        ({"text": "x" * 4097}, (400, "input")),
        ({"speed": 4.0}, (400, "speed")),
        ({"response_format": "midi"}, (400, "response_format")),
        ({"instructions": "Like a pirate."}, (400, "instructions")),
        ({"stream_format": "sse"}, (400, "stream_format")),
        ({"model": "tts-1"}, (404, "model")),
        ({"text": "Ich habe heute keine Zeit und bin nicht sehr gut."}, (400, None)),
    ],
)
def test_what_cannot_be_spoken_is_refused_by_name(client, more, told):
    refused(told, lambda: speak(client, **more))


@pytest.mark.weights
@pytest.mark.slow
def test_what_is_spoken_is_heard_and_answered(tmp_path):
    """With the models that ship, and Kokoro's voice."""
    if weights.state("kokoro") != "ok":
        pytest.skip("Kokoro's voice is not pulled")
    said = "My sister died last week, and I miss her so much."
    settings = Settings(tmp_path, voice="kokoro")
    with (
        serving(create(settings, hired(settings))) as address,
        openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client,
    ):
        spoken = speak(client, said, response_format="wav", instructions="gentle").content
        words = transcribe(client, spoken, response_format="verbose_json")
        assert words.language == "en" and "sister" in words.text and "miss her" in words.text
        assert words.segments[0].model_extra["empathia"]["emotion"]["label"] == "sadness"
        answer = ask(client, words.text).choices[0].message
        assert answer.model_extra["empathia"]["emotion"]["label"] == "sadness"
        assert answer.content and answer.model_extra["empathia"]["reply"]["source"] == "select"
