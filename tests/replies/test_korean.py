"""Whoever writes Korean is answered in Korean: fittingly, politely, and never twice the same."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.contracts import Tools
from empathia.labels import EKMAN7
from empathia.lm.scripted import ScriptedModel
from empathia.replies import lm, rules
from empathia.replies.lm import prompt
from empathia.replies.rules.safety import language_of
from empathia.replies.rules.tone import NEGATIVE
from empathia.replies.rules.wording import Saying, wording
from empathia.types import Emotion, Reply, Turn, Utterance, Wish

KOREAN = wording("ko")
BAD = (
    "할머니가 어제 돌아가셨어요. 마지막 인사도 못 했어요.",
    "우리 콩이 무지개다리 건넌 지 한 달인데 아직도 현관을 보게 돼 ㅠㅠ",
    "최종 면접 또 떨어짐 ㅋㅋㅋ 이번이 열두 번째야",
    "오늘 presentation 망함 ㅋㅋㅋ 멘탈 나감",
    "팀장이 내 보고서를 자기가 한 것처럼 발표함. 진짜 어이가 없어서",
    "생일인데 아무한테도 연락이 안 왔다",
    "머라카노 열받아 죽겠다",
    "오늘 너무 힘들엇어... 다 관두고십다",
    "병원에서 조직검사 하재요. 결과 나오려면 일주일이나 걸린대요...",
    "엄마한테 짜증내고 끊었는데 하루종일 마음에 걸려요",
    "발표하다가 머리가 하얘져서 쥐구멍에 숨고싶다",
    "동기들은 다 승진했는데 나만 제자리인 것 같아",
)
GOOD = (
    "드디어 합격했어요!!! 3년 만이에요 ㅠㅠㅠㅠ",
    "나 오늘 프로포즈 받았어💍",
    "OMG 나 이직 offer 받았어!!",
    "아따 우리 손주가 상을 탔당께",
    "아버지 수술 잘 끝났대요. 이제야 숨을 쉬겠어요",
    "지갑을 두고 내렸는데 기사님이 갖다주셨어요",
    "다음달에 콘서트 간다!!! 벌써부터 심장이 뛰어",
)
PLAIN = (
    "내일 회의가 3시로 바뀌었대",
    "요즘 필라테스 다녀",
    "비 온다",
    "그렇게 됐어요",
    "응",
    "ㅋㅋ",
    "ㅠㅠ",
)
GLAD = re.compile(
    "축하|받은 마음|따뜻|큰 힘|기쁘|기뻐|흐뭇|뿌듯|다행|놓이셨|풀리셨|즐거|반가우|웃음|든든|들뜨"
)
SORRY = re.compile("아프|무거|속상|힘드|불안|답답|화가|쓰라|허탈|막막|괴로|분한")


def feeling(label: str, score: float = 0.8) -> Emotion:
    rest = (1 - score) / (len(EKMAN7) - 1)
    return Emotion("fusion", EKMAN7, tuple(score if x == label else rest for x in EKMAN7))


def talk(*said: str, emotion: Emotion | None = None) -> list[Turn]:
    """Somebody speaks, a listener answers, and so on; the last speaks."""
    who = [("user", "Empathia")[(len(said) - 1 - i) % 2] for i in range(len(said))]
    turns = [Turn(Utterance(f"u{i}", i, who[i], text)) for i, text in enumerate(said)]
    last = turns[-1]
    return [*turns[:-1], Turn(last.utterance, emotion=emotion)]


def answer(*said: str, emotion: Emotion | None = None, **levels: int) -> str:
    return rules.answer(talk(*said, emotion=emotion), wish=Wish(empathy=levels)).text


def is_korean(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return sum("가" <= c <= "힣" for c in letters) == len(letters) > 0


def sentences(text: str) -> list[str]:
    return re.findall(r"[^.!?]+[.!?]", text)


@pytest.mark.parametrize(
    "said", [*BAD, *GOOD, *PLAIN, "meeting에서 boss가 feedback을 harsh하게 줌"]
)
def test_korean_is_answered_in_korean(said):
    for emotion in (None, *(feeling(x, s) for x in EKMAN7 for s in (0.9, 0.45, 0.2))):
        text = answer(said, emotion=emotion)
        assert is_korean(text)
        assert all(re.search(r"(요|죠)[.!?]$", s) for s in sentences(text)), text
        assert text.count("?") <= 1
        assert len(text) < 120


@given(
    st.text(max_size=60),
    st.text("가나다라마바사아자하고요지만슬픈기쁜 ", min_size=1, max_size=40),
    st.sampled_from([*EKMAN7]),
    st.floats(0.15, 1),
)
def test_the_rules_never_fail_in_korean(anything, words, label, score):
    for said in (words, f"{words} {anything}"):
        assert answer(said, emotion=feeling(label, score)).strip()


@pytest.mark.parametrize("said", BAD)
def test_what_is_hard_is_not_cheered_at(said):
    for emotion in (None, *(feeling(x) for x in NEGATIVE)):
        assert not GLAD.search(answer(said, emotion=emotion))
        assert not GLAD.search(answer(said, emotion=emotion, reaction=2))


@pytest.mark.parametrize("said", GOOD)
def test_good_news_are_shared(said):
    for emotion in (None, feeling("joy")):
        text = answer(said, emotion=emotion)
        assert GLAD.search(text)
        assert not SORRY.search(text)


@pytest.mark.parametrize("label", ["joy", *sorted(NEGATIVE)])
def test_a_feeling_alone_sets_the_tone_and_is_hedged_where_it_is_unsure(label):
    sure = {answer(f"그건 {i}번 이야기야", emotion=feeling(label)) for i in range(30)}
    unsure = {answer(f"그건 {i}번 이야기야", emotion=feeling(label, 0.55)) for i in range(30)}
    lost = {answer(f"그건 {i}번 이야기야", emotion=feeling(label, 0.2)) for i in range(30)}
    wrong = SORRY if label == "joy" else GLAD
    assert len(sure) > 15
    assert not any(wrong.search(x) for x in sure | unsure | lost)
    assert all("것 같아요" in x or "모르겠어요" in x for x in unsure)
    first = {sentences(x)[0] for x in lost}
    assert first <= set(KOREAN.open.say)


def test_words_that_show_the_opposite_of_a_sure_feeling_do_not_count():
    said = "시험에 떨어졌어"
    assert "애쓰신" in answer(said) or SORRY.search(answer(said))
    assert sentences(answer(said, emotion=feeling("joy")))[0] in KOREAN.sure["joy"].say


@pytest.mark.parametrize(
    "said", ["가지가 부러졌어", "상자 두 개를 옮겼어", "송편을 빚었어", "이 자리야"]
)
def test_words_that_only_hold_a_phrase_by_chance_show_nothing(said):
    assert KOREAN.shown(said, None) is None


@pytest.mark.parametrize("said", [*BAD, *GOOD])
def test_nothing_is_handed_back(said):
    told, text = said.replace(" ", ""), answer(said).replace(" ", "")
    assert not any(text[i : i + 6] in told for i in range(len(text) - 5))


@pytest.mark.parametrize(
    "lines", [BAD, GOOD, ("그게 참 그래",) * 10, ("오늘도 회의가 길었어",) * 10]
)
@pytest.mark.parametrize("label", [None, "joy", "anger", "neutral"])
def test_ten_turns_say_nothing_twice(lines, label):
    past: list[str] = []
    for i in range(10):
        past.append(lines[i % len(lines)])
        past.append(answer(*past, emotion=feeling(label) if label else None))
    told = [s.strip() for text in past[1::2] for s in sentences(text)]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("said", [BAD[0], GOOD[0], PLAIN[0]])
def test_levels_steer_the_reply(said):
    assert "?" not in answer(said, exploration=0)
    asked = answer(said, reaction=0, interpretation=0, exploration=2)
    assert asked.endswith("?")
    assert len(sentences(asked)) == 1
    warm = {x for lines in KOREAN.warm.values() for x in lines}
    assert warm & {s.strip() for s in sentences(answer(said, reaction=2))}
    assert not warm & {s.strip() for s in sentences(answer(said, reaction=0))}
    assert sentences(answer(said, interpretation=0, exploration=0))[0] in warm
    assert answer(said, reaction=0, interpretation=0, exploration=0)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("안녕하세요", "안녕하세요"),
        ("넌 사람이야? AI야?", "프로그램"),
        ("너는 어떻게 생각해?", "답"),
        ("아니 그게 아니라", "제가|제 말"),
        ("몰라 말하기 싫어", "괜찮아요|말로 옮기기|그렇군요"),
        ("뭐 좀 물어봐도 돼?", "들려주실래요|무슨 일"),
        ("위로해줘", "애쓰셨|소중|수고"),
        ("헤어지는 게 맞을까요?", "고민|고를|신중|생각이 많"),
    ],
)
def test_what_is_said_to_the_listener_is_answered(said, found):
    assert re.search(found, answer(said))


@pytest.mark.parametrize("said", ["들어줘서 고마워요", "이제 자야겠다 잘자", "고마워 ㅎㅎ"])
def test_thanks_and_goodbyes_are_not_asked_about(said):
    assert "?" not in answer(said)


def test_a_sad_talk_stays_one_where_words_have_no_feeling():
    text = answer(BAD[0], "마음이 아프네요.", "발인은 내일이에요", emotion=feeling("neutral", 0.9))
    assert not GLAD.search(text)
    later = answer(
        "고양이가 아파요", "걱정되시겠어요.", "세 시에 데려가요", emotion=feeling("neutral")
    )
    assert sentences(later)[0].strip() in " ".join(KOREAN.still["bad"].say)
    assert sentences(answer("세 시에 데려가요", emotion=feeling("neutral")))[0] in (
        KOREAN.sure["neutral"].say
    )


@pytest.mark.parametrize(
    ("said", "language"),
    [
        (("meeting에서 presentation하다가 freeze됨",), "ko"),
        (("오늘 기분 별로야", "그러셨군요.", "OMG lol"), "ko"),
        (("오늘 기분 별로야", "그러셨군요.", "😭😭"), "ko"),
        (("오늘 기분 별로야", "그러셨군요.", "I had such a bad day today"), "en"),
        (("I had a bad day", "I'm sorry.", "회사에서 또 혼났어"), "ko"),
        (("I love 김치찌개 so much",), "en"),
        (("ok",), "en"),
    ],
)
def test_the_last_words_choose_the_language(said, language):
    assert language_of(talk(*said)) == language
    assert is_korean(answer(*said)) == (language == "ko")


def test_speech_without_words_is_answered_in_the_language_that_was_heard():
    turn = Turn(Utterance("u0", 0, "A", None, language="ko"), emotion=feeling("anger"))
    assert "목소리에서 화난 기색이" in rules.answer([turn]).text
    assert is_korean(rules.answer([Turn(turn.utterance)]).text)


def test_the_table_is_polite_and_gives_no_advice():
    sayings = [
        KOREAN.open,
        KOREAN.low,
        KOREAN.story,
        *KOREAN.sure.values(),
        *KOREAN.unsure.values(),
    ]
    sayings += [*KOREAN.still.values(), *(a.saying for a in KOREAN.about)]
    for saying in sayings:
        assert isinstance(saying, Saying)
        assert saying.mood in ("good", "bad", "any")
        assert len(saying.say) >= 2
        for text in (*saying.say, *saying.ask):
            assert re.search(r"(요|죠)[.!?]$", text), text
            assert is_korean(text)
            assert not re.search("해 ?보세요|셔야|는 게 좋|하지 마|보는 건 어때|당신", text)
        assert all(q.endswith("?") for q in saying.ask)
        assert len(set(saying.say)) == len(saying.say)


class _Small(ScriptedModel):
    small = True


def ask(model: ScriptedModel, *said: str) -> Reply:
    return lm.load({}, Tools(lambda: model)).propose(talk(*said))[0]


def test_a_small_model_is_not_asked_in_korean():
    def never(_):
        raise AssertionError("the model was asked")

    reply = ask(_Small(never), BAD[0])
    assert (reply.source, reply.text) == ("rules", answer(BAD[0]))
    assert reply.note == "scripted answers in English alone"
    assert ask(_Small(["That sounds really hard."] * 3), "I lost it.").source == "lm:scripted"


def test_a_model_is_asked_for_korean_and_english_is_not_taken():
    assert "Korean" in prompt.messages(talk(BAD[0]))[0].content
    assert "Korean" not in prompt.messages(talk("I lost my keys."))[0].content
    reply = ask(ScriptedModel(["That sounds really hard. How are you?"] * 3), BAD[0])
    assert is_korean(reply.text)
    assert "it was not in Korean" in (reply.note or "")
    good = "정말 마음이 아프셨겠어요. 지금은 어떠세요?"
    assert ask(ScriptedModel([good]), BAD[0]).text == good
