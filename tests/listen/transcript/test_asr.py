"""JSON of speech recognisers, captions, chats and lists."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transcript_reading import noted, read, turns

from empathia.errors import TranscriptError
from empathia.listen.transcript import Transcript


def document(folder, value: object) -> Transcript:
    transcript = read(folder, "a.json", json.dumps(value))
    assert transcript.format == "json"
    return transcript


def spoken(transcript: Transcript) -> list[list[tuple[str, float, float]]]:
    return [
        [(w.text, w.start, w.end) for w in transcript.words.get(u.id, ())]
        for u in transcript.dialogue.utterances
    ]


def said(word: str, start: float, end: float, speaker: object = None, **more: object) -> object:
    named = {} if speaker is None else {"speaker": speaker}
    return {"word": word, "start": start, "end": end, "score": 0.9, **named, **more}


WHISPER = [
    {"id": 0, "seek": 0, "start": 0.5, "end": 2.0, "text": " I passed.", "speaker": "SPEAKER_00"},
    {"id": 1, "seek": 0, "start": 2.5, "end": 4.0, "text": " Great!", "speaker": "SPEAKER_01"},
]
TWO = [("SPEAKER_00", "I passed.", 0.5, 2.0), ("SPEAKER_01", "Great!", 2.5, 4.0)]


@pytest.mark.parametrize(
    "value",
    [
        {"text": " I passed. Great!", "segments": WHISPER, "language": "en"},
        WHISPER,
        {"result": {"segments": WHISPER}},
        {"task": "transcribe", "duration": 4.0, "segments": WHISPER, "usage": {"seconds": 4}},
        [{**s, "start": f"00:00:0{s['start']}", "end": f"00:00:0{s['end']}"} for s in WHISPER],
        {
            "transcription": [
                {
                    "timestamps": {"from": "00:00:00,500", "to": "00:00:02,000"},
                    "offsets": {"from": 500, "to": 2000},
                    "text": " I passed.",
                    "speaker": "SPEAKER_00",
                },
                {"offsets": {"from": 2500, "to": 4000}, "text": " Great!", "speaker": "1"},
            ],
        },
    ],
    ids=["whisper", "faster-whisper", "nested", "openai", "clock times", "whisper.cpp"],
)
def test_segments(tmp_path, value):
    names = {"SPEAKER_00": "SPEAKER_00", "Speaker 1": "SPEAKER_01", "Speaker": "SPEAKER_00"}
    found = [(names.get(t[0], t[0]), *t[1:]) for t in turns(document(tmp_path, value))]
    assert found == TWO


def test_whisperx_words_and_a_change_of_speaker_inside_a_segment(tmp_path):
    words = [
        said("It", 0.0, 0.2, "A"),
        said("costs", 0.3, 0.6, "A"),
        {"word": "42."},
        said("Yes.", 2.0, 3.0, "B"),
    ]
    segment = {"start": 0.0, "end": 3.0, "text": " It costs 42. Yes.", "speaker": "A"}
    value = {"segments": [{**segment, "words": words}], "word_segments": words, "language": "en"}
    transcript = document(tmp_path, value)
    assert turns(transcript) == [("A", "It costs 42.", 0.0, 0.6), ("B", "Yes.", 2.0, 3.0)]
    assert spoken(transcript) == [
        [("It", 0.0, 0.2), ("costs 42.", 0.3, 0.6)],
        [("Yes.", 2.0, 3.0)],
    ]
    assert transcript.words["t1"][0].probability == 0.9


def test_words_listed_beside_the_segments_and_words_alone(tmp_path):
    words = [{"word": "hi", "start": 0, "end": 0.5}, {"word": "you", "start": 0.6, "end": 1}]
    both = {"words": words, "segments": [{"start": 0.0, "end": 1.0, "text": "Hi, you"}]}
    transcript = document(tmp_path, both)
    assert turns(transcript) == [("Speaker", "Hi, you", 0.0, 1.0)]
    assert spoken(transcript) == [[("hi", 0.0, 0.5), ("you", 0.6, 1.0)]]
    assert math.isnan(transcript.words["t1"][0].probability)
    alone = document(tmp_path, {"text": "hi you", "words": words})
    assert (turns(alone), spoken(alone)) == ([("Speaker", "hi you", 0.0, 1.0)], spoken(transcript))
    assert turns(document(tmp_path, {"text": " hi you "})) == [("Speaker", "hi you", None, None)]


def test_assemblyai_counts_milliseconds(tmp_path):
    words = [
        {"text": "so", "start": 250, "end": 700, "confidence": 0.8, "speaker": "A"},
        {"text": "good", "start": 700, "end": 1500, "confidence": 0.7, "speaker": "A"},
    ]
    one = {"speaker": "A", "text": "so good", "start": 250, "end": 1500, "words": words}
    for value in ({"utterances": [one], "words": words}, {"utterances": [{**one, "words": []}]}):
        transcript = document(tmp_path, value)
        assert turns(transcript) == [("A", "so good", 0.25, 1.5)]
    transcript = document(tmp_path, {"utterances": None, "words": words, "text": "so good"})
    assert turns(transcript) == [("A", "so good", 0.25, 1.5)]
    assert spoken(transcript) == [[("so", 0.25, 0.7), ("good", 0.7, 1.5)]]


def deepgram(word: str, start: float, end: float, **more: object) -> object:
    plain = word.lower().rstrip(".")
    return {"word": plain, "punctuated_word": word, "start": start, "end": end, **more}


def channels(*words: Sequence[object]) -> object:
    return {
        "results": {
            "channels": [
                {"alternatives": [{"transcript": "x", "words": w}, {"transcript": "y"}]}
                for w in words
            ]
        }
    }


def test_deepgram_by_speaker_by_channel_and_by_utterance(tmp_path):
    two = [deepgram("Hi.", 0.1, 0.5, speaker=0), deepgram("Oh.", 0.7, 1, speaker=1)]
    expected = [("Speaker 0", "Hi.", 0.1, 0.5), ("Speaker 1", "Oh.", 0.7, 1.0)]
    assert turns(document(tmp_path, channels(two))) == expected
    apart = channels([deepgram("Hi.", 1.5, 2)], [deepgram("Oh.", 0.5, 1)])
    assert turns(document(tmp_path, apart)) == [
        ("Channel 2", "Oh.", 0.5, 1.0),
        ("Channel 1", "Hi.", 1.5, 2.0),
    ]
    utterances = [{"start": 0.1, "end": 0.5, "transcript": "Hi.", "speaker": 0, "words": two[:1]}]
    value = {"results": {"utterances": utterances, **channels(two)["results"]}}
    assert turns(document(tmp_path, value)) == expected[:1]


def reading(word: str, speaker: str, **more: object) -> object:
    return {"alternatives": [{"content": word, "speaker": speaker}, {"content": "x"}], **more}


SAID = [("Ann", "So good.", 0.5, 1.3), ("Ben", "Oh", 2.5, 2.9)]


@pytest.mark.parametrize(
    "value",
    [
        {
            "monologues": [
                {
                    "speaker": name,
                    "elements": [
                        {
                            "type": "text",
                            "value": "So" if name == "Ann" else "Oh",
                            "ts": a,
                            "end_ts": b,
                        },
                        *more,
                    ],
                }
                for name, a, b, more in (
                    (
                        "Ann",
                        0.5,
                        0.9,
                        [
                            {"type": "punct", "value": " "},
                            {"type": "text", "value": "good", "ts": 1, "end_ts": 1.3},
                            {"type": "punct", "value": "."},
                        ],
                    ),
                    ("Ben", 2.5, 2.9, []),
                )
            ]
        },
        {
            "results": {
                "transcripts": [{"transcript": "So good. Oh"}],
                "audio_segments": [
                    {
                        "transcript": t,
                        "start_time": f"{a}",
                        "end_time": f"{b}",
                        "speaker_label": who,
                    }
                    for who, t, a, b in SAID
                ],
            }
        },
        {
            "combinedRecognizedPhrases": [{"display": "So good. Oh"}],
            "recognizedPhrases": [
                {
                    "speaker": who,
                    "offset": "PT1S",
                    "offsetInTicks": a * 1e7,
                    "durationInTicks": round((b - a) * 1e7),
                    "nBest": [{"display": t}, {"display": "x"}],
                }
                for who, t, a, b in SAID
            ],
        },
        {
            "results": [
                reading("So", "Ann", type="word", start_time=0.5, end_time=0.9),
                reading("good", "Ann", type="word", start_time=1.0, end_time=1.3),
                reading(".", "Ann", type="punctuation", start_time=1.3, end_time=1.3),
                reading("Oh", "Ben", type="word", start_time=2.5, end_time=2.9),
            ]
        },
        {
            "text": "So good. Oh",
            "words": [
                {"text": "So", "start": 0.5, "end": 0.9, "type": "word", "speaker_id": "Ann"},
                {"text": " ", "start": 0.9, "end": 1.0, "type": "spacing", "speaker_id": "Ann"},
                {"text": "good.", "start": 1.0, "end": 1.3, "type": "word", "speaker_id": "Ann"},
                {"text": "Oh", "start": 2.5, "end": 2.9, "type": "word", "speaker_id": "Ben"},
            ],
        },
    ],
    ids=["rev", "aws", "azure", "speechmatics", "elevenlabs"],
)
def test_services(tmp_path, value):
    assert turns(document(tmp_path, value)) == SAID


def test_words_of_vosk(tmp_path):
    words = [{"conf": 1, "start": 0.5, "end": 0.9, "word": "hi"}, said("you", 1.0, 1.3)]
    transcript = document(tmp_path, {"result": words, "text": "hi you"})
    assert turns(transcript) == [("Speaker", "hi you", 0.5, 1.3)]


def test_youtube_events(tmp_path):
    events = [
        {"tStartMs": 0, "dDurationMs": 9000, "id": 1},
        {"tStartMs": 500, "dDurationMs": 1500, "segs": [{"utf8": "so"}, {"utf8": " good"}]},
        {"tStartMs": 900, "aAppend": 1, "segs": [{"utf8": "\n"}]},
    ]
    transcript = document(tmp_path, {"wireMagic": "pb3", "events": events})
    assert turns(transcript) == [("Speaker", "so good", 0.5, 2.0)]


@pytest.mark.parametrize(
    "value",
    [
        {
            "name": "x",
            "messages": [
                {"type": "service", "date": "2024-05-01T09:00:00", "actor": "A", "text": ""},
                {
                    "type": "message",
                    "date": "2024-05-01T10:00:00",
                    "date_unixtime": "1714557600",
                    "from": "Ann",
                    "text": ["so ", {"type": "bold", "text": "good"}],
                },
                {"type": "message", "date": "2024-05-01T10:00:30", "from": "Ben", "text": ""},
                {"type": "message", "date": "2024-05-01T10:01:00", "from": "Ben", "text": "oh"},
            ],
        },
        {
            "guild": {"name": "g"},
            "messages": [
                {
                    "timestamp": f"2024-05-01T10:0{n}:00.000+00:00",
                    "content": text,
                    "author": {"name": name.lower(), "nickname": name},
                }
                for n, (name, text) in enumerate([("Ann", "so good"), ("Ben", "oh")])
            ],
        },
        [
            {
                "type": "message",
                "user": "U1",
                "text": "so good",
                "ts": "1609459200.000200",
                "user_profile": {"real_name": "Ann"},
            },
            {"type": "message", "user": "Ben", "text": "oh", "ts": "1609459260.000200"},
        ],
    ],
    ids=["telegram", "discord", "slack"],
)
def test_messages_have_a_moment(tmp_path, value):
    transcript = document(tmp_path, value)
    assert turns(transcript) == [("Ann", "so good", 0.0, 0.0), ("Ben", "oh", 60.0, 60.0)]
    assert noted(transcript, "times count from 20")


def test_a_chat_with_a_model(tmp_path):
    value = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "I passed."},
        {"role": "assistant", "content": [{"type": "text", "text": "Great!"}]},
    ]
    transcript = document(tmp_path, {"messages": value})
    assert [t[:2] for t in turns(transcript)] == [("user", "I passed."), ("assistant", "Great!")]
    assert noted(transcript, "nobody says left out: 1")


def test_a_list_has_the_columns_of_a_table(tmp_path):
    value = [
        {"name": "Ann", "utterance": "I passed.", "start": "0:01", "duration": 2},
        {"name": "Ben", "utterance": "Great!", "start": "0:04", "duration": 1},
    ]
    assert turns(document(tmp_path, value)) == [
        ("Ann", "I passed.", 1.0, 3.0),
        ("Ben", "Great!", 4.0, 5.0),
    ]


def test_an_offset_with_a_duration_is_a_start(tmp_path):
    line = {"audio_filepath": "a.wav", "offset": 0.5, "duration": 1.5, "text": "hi", "speaker": "A"}
    content = f"{json.dumps(line)}\n{json.dumps({**line, 'offset': 2.5})}\n"
    found = turns(read(tmp_path, "a.jsonl", content))
    assert found == [("A", "hi", 0.5, 2.0), ("A", "hi", 2.5, 4.0)]


def test_times_that_turn_out_to_be_milliseconds_take_their_words_along(tmp_path):
    words = [{"word": "so", "start": 0, "end": 15}, {"word": "well", "start": 15, "end": 30}]
    segments = [{"start": 0, "end": 2000, "text": "so well", "words": words}]
    transcript = document(tmp_path, {"segments": segments})
    assert turns(transcript) == [("Speaker", "so well", 0.0, 2.0)]
    assert spoken(transcript) == [[("so", 0.0, 0.015), ("well", 0.015, 0.03)]]


def test_words_that_programs_write_for_nothing_are_words_of_a_recogniser(tmp_path):
    segments = [{"start": 0.5, "end": 1.0, "text": text} for text in ("None", "nan", "null")]
    found = turns(document(tmp_path, {"segments": segments}))
    assert [t[1] for t in found] == ["None", "nan", "null"]


@pytest.mark.parametrize(
    "value",
    [{}, [], 3, "x", None, [[1]], {"a": {"b": [{"c": 1}]}}, {"segments": []}, [{"text": None}]],
    ids=repr,
)
def test_json_without_words_is_refused(tmp_path, value):
    with pytest.raises(TranscriptError, match="expected a list of objects with words"):
        read(tmp_path, "a.json", json.dumps(value))


def test_json_that_is_cut_or_too_deep_is_refused(tmp_path):
    with pytest.raises(TranscriptError, match="line 2: expected JSON"):
        read(tmp_path, "a.json", '{"segments": [\n{"text": "hi"')
    with pytest.raises(TranscriptError, match="expected"):
        read(tmp_path, "a.json", '{"a":' * 100_000)
    with pytest.raises(TranscriptError, match="expected a list"):
        document(tmp_path, json.loads('{"a":' * 200 + "[]" + "}" * 200))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "segments",
                    "text",
                    "words",
                    "word",
                    "start",
                    "end",
                    "speaker",
                    "type",
                    "role",
                    "date",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None)
@given(value=ANYTHING)
def test_any_json_gives_turns_or_says_why_not(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("a")
    try:
        assert turns(read(folder, "a.json", json.dumps(value)))
    except TranscriptError as error:
        assert error.remedy


NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
SPOKEN = st.tuples(st.sampled_from(["Ann", "Zoë", "42"]), NAMES, st.integers(0, 900))


@settings(max_examples=40, deadline=None)
@given(said_by=st.lists(SPOKEN, min_size=1, max_size=6))
def test_segments_come_back_cut_where_the_speaker_changes(tmp_path_factory, said_by):
    """One segment of many words: what each says in a row is a turn, and no word is lost."""
    words = [
        {"word": f" {w}", "start": n, "end": n + ms / 1000, "probability": 0.5, "speaker": who}
        for n, (who, w, ms) in enumerate(said_by)
    ]
    text = "".join(str(w["word"]) for w in words)
    segment = {"start": 0.0, "end": float(len(words)), "text": text, "words": words}
    transcript = document(tmp_path_factory.mktemp("a"), {"segments": [segment]})
    runs: list[tuple[str, str]] = []
    for who, word, _ in said_by:
        if runs and runs[-1][0] == who:
            runs[-1] = who, f"{runs[-1][1]} {word}"
        else:
            runs.append((who, word))
    assert [t[:2] for t in turns(transcript)] == runs
    flat = [w for one in spoken(transcript) for w in one]
    assert flat == [(w, float(n), round(n + ms / 1000, 6)) for n, (_, w, ms) in enumerate(said_by)]


@pytest.mark.slow
def test_ten_thousand_segments_are_fast(tmp_path):
    words = [said(f"w{i}", i / 10, i / 10 + 0.1, "A") for i in range(5)]
    segments = [
        {"start": i, "end": i + 1, "text": "w0 w1 w2 w3 w4", "speaker": "A", "words": words}
        for i in range(10_000)
    ]
    content = json.dumps({"segments": segments})
    before = time.process_time()
    transcript = read(tmp_path, "a.json", content)
    assert time.process_time() - before < 5
    assert len(transcript.dialogue.utterances) == 10_000
