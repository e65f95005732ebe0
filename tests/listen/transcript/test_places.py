"""Where in a JSON document people talk: several lists, other shapes, what is left out."""

from __future__ import annotations

import json
import time

import pytest
from transcript_reading import noted, read, turns

from empathia.listen.transcript import Transcript

ANN, BEN = {"speaker": "Ann", "text": "I passed."}, {"speaker": "Ben", "text": "Great!"}
SAID = [("Ann", "I passed."), ("Ben", "Great!")]
CHAT = [{"role": "user", "content": "I passed."}, {"role": "assistant", "content": "Great!"}]


def document(folder, value: object) -> Transcript:
    return read(folder, "a.json", json.dumps(value))


def said(transcript: Transcript) -> list[tuple[str, str | None]]:
    return [t[:2] for t in turns(transcript)]


def ids(transcript: Transcript) -> list[str]:
    return [u.id for u in transcript.dialogue.utterances]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"c1": [ANN], "c2": [BEN]}, ["c1:1", "c2:1"]),
        (
            {"MUL1.json": {"log": [ANN]}, "MUL2.json": {"log": [BEN]}},
            ["MUL1.json:1", "MUL2.json:1"],
        ),
        ({"dialogues": [{"id": 7, "turns": [ANN]}, {"turns": [BEN]}]}, ["1:1", "2:1"]),
        ([{"messages": [ANN]}, {"messages": [BEN]}], ["1:1", "2:1"]),
        ({"x": {"segments": [ANN]}, "y": {"segments": [BEN]}}, ["x:1", "y:1"]),
    ],
)
def test_alike_lists_are_dialogues(tmp_path, value, names):
    talk = document(tmp_path, value)
    assert (said(talk), ids(talk)) == (SAID, names)
    assert noted(talk, "the file holds 2 dialogues")


@pytest.mark.parametrize(
    "value",
    [
        {"speakers": [{"name": "Ann", "text": "A nurse."}], "transcript": [ANN, BEN]},
        {
            "comments": [{"text": "nice file"}, {"text": "yes, very nice indeed"}],
            "data": [ANN, BEN],
        },
        {"topics": [{"text": "exam results", "count": 2}], "talk": [ANN, BEN]},
    ],
)
def test_the_list_with_speakers_is_read_and_a_note_names_the_others(tmp_path, value):
    talk = document(tmp_path, value)
    assert said(talk) == SAID
    other = next(iter(value))
    assert noted(talk, f"other lists with words were left out: '{other}' ({len(value[other])})")


def test_lists_that_say_the_same_once_more_are_no_loss(tmp_path):
    value = {"sentences": [{"text": "I passed"}, {"text": "great"}], "turns": [ANN, BEN]}
    assert document(tmp_path, value).notes == ()


def test_highlights_do_not_beat_words(tmp_path):
    value = {
        "utterances": None,
        "auto_highlights_result": {"results": [{"text": "exam", "timestamps": [{"start": 1}]}]},
        "words": [
            {"text": "my", "start": 500, "end": 900},
            {"text": "exam", "start": 900, "end": 990},
        ],
    }
    assert turns(document(tmp_path, value)) == [("Speaker", "my exam", 0.5, 0.99)]


def test_replies_follow_their_message(tmp_path):
    replies = [{**BEN, "replies": [{"speaker": "Cleo", "text": "Indeed."}]}]
    value = {"messages": [{**ANN, "replies": replies}, {"speaker": "Ann", "text": "Thanks."}]}
    assert [t for _, t in said(document(tmp_path, value))] == [
        *("I passed.", "Great!", "Indeed.", "Thanks.")
    ]


@pytest.mark.parametrize(
    "value",
    [
        {"speaker": ["Ann", "Ben"], "text": ["I passed.", "Great!"]},
        {"speaker": {"0": "Ann", "1": "Ben"}, "text": {"0": "I passed.", "1": "Great!"}},
        {"0": ANN, "1": BEN},
        [["Ann", "I passed."], ["Ben", "Great!"]],
        {"turns": [["Ann", "I passed."], ["Ben", "Great!"]]},
    ],
    ids=["columns", "pandas", "pandas by index", "pairs", "pairs within"],
)
def test_other_shapes_of_a_list(tmp_path, value):
    assert said(document(tmp_path, value)) == SAID


def test_lists_of_words_are_no_columns(tmp_path):
    value = {"speaker": ["Ann"], "text": ["a", "b"], "turns": [ANN, BEN]}
    assert said(document(tmp_path, value)) == SAID


@pytest.mark.parametrize("key", ["messages", "conversations"])
def test_a_dialogue_a_line(tmp_path, key):
    system = {"role": "system", "content": "Be kind."}
    lines = [{"id": "a", key: [system, *CHAT]}, {"id": "b", key: CHAT}]
    talk = read(tmp_path, "a.jsonl", "".join(f"{json.dumps(x)}\n" for x in lines))
    assert said(talk) == [("user", "I passed."), ("assistant", "Great!")] * 2
    assert ids(talk) == ["1:1", "1:2", "2:1", "2:2"]
    assert noted(talk, "entries that nobody says left out: 1")


def test_orders_to_a_model_are_no_turns_of_a_table(tmp_path):
    lines = [{"role": "system", "content": "Be kind."}, *CHAT]
    talk = read(tmp_path, "a.jsonl", "".join(f"{json.dumps(x)}\n" for x in lines))
    assert said(talk) == [("user", "I passed."), ("assistant", "Great!")]
    assert noted(talk, "entries that nobody says left out: 1")


def test_sharegpt_and_chatgpt(tmp_path):
    shared = [{"from": "system", "value": "Be kind."}, {"from": "human", "value": "I passed."}]
    assert said(document(tmp_path, [{"conversations": shared}])) == [("human", "I passed.")]
    nodes = {
        name: {"id": name, "message": message}
        for name, message in {
            "root": None,
            "a": {"author": {"role": "system"}, "content": {"parts": [""]}},
            "b": {"author": {"role": "user"}, "content": {"parts": ["I passed."]}},
            "c": {"author": {"role": "assistant"}, "content": {"parts": ["Great!"]}},
        }.items()
    }
    talk = document(tmp_path, [{"title": "x", "mapping": nodes}])
    assert said(talk) == [("user", "I passed."), ("assistant", "Great!")]


def test_rasa_and_news_of_a_chat(tmp_path):
    events = [
        {"event": "action", "name": "action_listen", "timestamp": 1700000000.1},
        {"event": "user", "text": "I passed.", "timestamp": 1700000001.1},
        {"event": "bot", "text": "Great!", "timestamp": 1700000003.1},
    ]
    talk = document(tmp_path, {"sender_id": "x", "events": events})
    assert turns(talk) == [("user", "I passed.", 0.0, 0.0), ("bot", "Great!", 2.0, 2.0)]
    join = {
        "type": "message",
        "subtype": "channel_join",
        "user": "B",
        "text": "joined",
        "ts": "1700000000.1",
    }
    slack = [join, {"type": "message", "user": "A", "text": "hi", "ts": "1700000009.1"}]
    talk = document(tmp_path, slack)
    assert (said(talk), noted(talk, "nobody says left out: 1")) == ([("A", "hi")], True)


def test_facebook_is_put_in_order_and_its_letters_are_mended(tmp_path):
    def broken(text: str) -> str:
        return text.encode().decode("latin-1")

    messages = [
        {"sender_name": broken("Zoë"), "timestamp_ms": 1640985363000, "content": broken("Süß 👍")},
        {"sender_name": "Ann", "timestamp_ms": 1640985303000, "content": "I passed."},
    ]
    talk = document(tmp_path, {"participants": [{"name": "Ann"}], "messages": messages})
    assert turns(talk) == [("Ann", "I passed.", 0.0, 0.0), ("Zoë", "Süß 👍", 60.0, 60.0)]
    assert noted(talk, "letters of Facebook's export mended")
    whole = [{"sender_name": "Zoë", "timestamp_ms": 1640985363000, "content": "Süß"}]
    assert said(document(tmp_path, {"messages": whole})) == [("Zoë", "Süß")]


@pytest.mark.parametrize("speaker", ["speakerTag", "speakerLabel"])
def test_google_says_all_words_once_more_with_speakers(tmp_path, speaker):
    ends = ("startOffset", "endOffset") if speaker == "speakerLabel" else ("startTime", "endTime")

    def words(*given: tuple[str, str, str, int | None]) -> list[object]:
        return [
            {ends[0]: a, ends[1]: b, "word": w, **({} if who is None else {speaker: who})}
            for w, a, b, who in given
        ]

    first = words(("I", "0.500s", "1s", None), ("passed", "1s", "2s", None))
    again = words(("I", "0.500s", "1s", 1), ("passed", "1s", "2s", 1), ("great", "2.5s", "4s", 2))
    said = ("I passed", first), ("great", words(("great", "2.5s", "4s", None)))
    results: list[object] = [{"alternatives": [{"transcript": t, "words": w}]} for t, w in said]
    talk = document(tmp_path, {"results": [*results, {"alternatives": [{"words": again}]}]})
    assert [t[1:] for t in turns(talk)] == [("I passed", 0.5, 2.0), ("great", 2.5, 4.0)]
    assert [t[0] for t in turns(talk)] == ["Speaker 1", "Speaker 2"]


def test_watson_azure_and_vosk(tmp_path):
    two = [("Speaker 0", "I passed", 0.5, 2.0), ("Speaker 1", "great", 2.5, 4.0)]
    words = [[["I", 0.5, 1.0], ["passed", 1.0, 2.0]], [["great", 2.5, 4.0]]]
    texts = ["I passed ", "great "]
    labels = [
        {"from": a, "to": b, "speaker": s} for a, b, s in [(0.5, 1, 0), (1.0, 2, 0), (2.5, 4, 1)]
    ]
    readings = [{"transcript": t, "timestamps": w} for t, w in zip(texts, words, strict=True)]
    results = [{"final": True, "alternatives": [r]} for r in readings]
    assert turns(document(tmp_path, {"results": results, "speaker_labels": labels})) == two
    azure = [
        {
            **{"speaker": s, "offsetMilliseconds": a, "durationMilliseconds": b, "text": t},
            "words": [{"text": t, "offsetMilliseconds": a, "durationMilliseconds": b}],
        }
        for s, a, b, t in [(0, 500, 1500, "I passed"), (1, 2500, 1500, "great")]
    ]
    whole = [{"text": "I passed great"}]
    assert turns(document(tmp_path, {"combinedPhrases": whole, "phrases": azure})) == two
    vosk = [
        {"text": t.strip(), "result": [{"word": w, "start": a, "end": b} for w, a, b in own]}
        for t, own in zip(texts, words, strict=True)
    ]
    assert [t[1:] for t in turns(document(tmp_path, vosk))] == [t[1:] for t in two]


@pytest.mark.parametrize("inside", [lambda x: x, lambda x: {"segments": x}])
def test_lists_that_overlap_in_time_are_speakers(tmp_path, inside):
    ann = [{"text": "I passed.", "start": 0.5, "end": 2}, {"text": "Yes.", "start": 5, "end": 6}]
    ben = [{"text": "Great!", "start": 2.5, "end": 4}]
    talk = document(tmp_path, {"ann": inside(ann), "ben": inside(ben)})
    assert turns(talk) == [
        ("ann", "I passed.", 0.5, 2.0),
        ("ben", "Great!", 2.5, 4.0),
        ("ann", "Yes.", 5.0, 6.0),
    ]
    assert noted(talk, "taken for speakers")
    files = document(tmp_path, {"a.wav": inside(ann), "b.wav": inside(ben)})
    assert {t[0] for t in turns(files)} == {"Speaker"} and noted(files, "holds 2 dialogues")


def test_turns_inside_of_a_whole_say_more_than_it(tmp_path):
    chunks = [{"text": "hi", "timestamp": [0, 1]}, {"text": "you", "timestamp": [1, 2]}]
    talk = document(tmp_path, [{"text": "hi you", "chunks": chunks}])
    assert turns(talk) == [("Speaker", "hi", 0.0, 1.0), ("Speaker", "you", 1.0, 2.0)]


def test_items_may_be_turns_and_lines_may_hold_words(tmp_path):
    assert said(document(tmp_path, {"items": [ANN, BEN]})) == SAID
    line = {"result": [{"word": "hi", "start": 0.5, "end": 1}], "text": "hi"}
    talk = read(tmp_path, "a.jsonl", f"{json.dumps(line)}\n")
    assert turns(talk) == [("Speaker", "hi", 0.5, 1.0)]


def test_threads_may_be_deep(tmp_path):
    message: dict[str, object] = {"speaker": "Ann", "text": "0"}
    for n in range(1, 101):
        message = {"speaker": "Ann", "text": str(n), "replies": [message]}
    talk = document(tmp_path, {"messages": [message]})
    assert [t for _, t in said(talk)] == [str(n) for n in range(100, -1, -1)]


def test_many_lists_are_fast_and_a_note_names_some(tmp_path):
    alike = {f"d{n}": [ANN, BEN] for n in range(5000)}
    start = time.process_time()
    assert len(turns(document(tmp_path, alike))) == 10_000
    apart = {f"d{n}": [{f"k{n}": 1, "text": f"w{n}"}] for n in range(2000)}
    note = next(n for n in document(tmp_path, apart).notes if "left out" in n)
    assert time.process_time() - start < 3
    assert len(note) < 200 and note.endswith("and 1994 more")


def test_a_translation_beside_the_talk_is_left_out(tmp_path):
    talk = [{"text": "hello", "start": 0.5, "end": 1}, {"text": "bye", "start": 2.5, "end": 3}]
    again = [{**x, "text": t} for x, t in zip(talk, ["hallo", "tschüss"], strict=True)]
    both = document(tmp_path, {"original": talk, "german": again})
    assert turns(both) == [("Speaker", "hello", 0.5, 1.0), ("Speaker", "bye", 2.5, 3.0)]
    assert noted(both, "left out: 'german' (2)")
