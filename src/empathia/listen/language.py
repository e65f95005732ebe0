"""Which language words are in, well enough to know what the English models must not read.

Scripts decide first. Latin script is told by the most frequent short words of
each language and by letters that only some languages use; a word that several
languages share counts for each in part. Short texts are often undecidable
("OK", "Ja") or look like another language ("Mal."): :class:`LanguageSoFar` weighs
them against the conversation.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping

UNKNOWN = "und"  # ISO 639-3: surely not English, but which language is not known
_ISO = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da "
    "de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy "
    "hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg "
    "li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or "
    "os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta "
    "te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu "
    "haw jw yue"
)
CODES = frozenset(_ISO.split())
"""Codes of languages: ISO 639-1, and what Whisper calls otherwise."""

# Frequent function words, chosen by hand; no list is complete, the sum over a sentence decides.
_WORDS: Mapping[str, str] = {
    "en": "the a an and or but if is are was were be been am i you he she it we they me my your "
    "his her our their this that these those what who how why when where not no do does did "
    "don't doesn't didn't can't won't isn't wasn't it's i'm you're that's he's she's we're "
    "they're there's i'll i've i'd let's to of in on at for with from about by as so just like "
    "have has had will would can could should get got go going know think want please thanks "
    "yes yeah oh well all some any more very really too here there now then because up out "
    "said say see look come may make take tell let give back over down off than into only even "
    "also much many other one two first good great nice bad man men people time day way thing "
    "something nothing never always again still after before hey hi hello sorry sure okay god "
    "war die hat ten son sin pour plus van met per far dig she'd he'd they'd we've you've "
    "most um ben done could've that'll who's what's where's how's i'd doing been being love "
    "need feel",
    "de": "der die das und ist ich du er sie wir ihr nicht ein eine einen einem mit auf für von "
    "zu zum zur den dem des im ja nein auch noch nur aber oder wenn wie was wer wo warum bin "
    "bist sind war hat habe haben wird kann mir mich dir dich uns euch sich doch schon sehr "
    "heute hier jetzt mal gut danke bitte nichts alles dass mein dein kein keine guten man so "
    "als dann denn hast",
    "nl": "de het een en ik je jij hij zij wij jullie niet van voor met op aan dat dit die is "
    "zijn was heb hebt heeft hebben ook maar nog naar bij wat wie waar hoe waarom ja nee goed "
    "mijn jouw geen wel dan als om te er uit over zo heel erg vandaag kan moet bedankt hier",
    "fr": "le la les un une des du de et est je tu il elle nous vous ils elles ne pas que qui "
    "dans pour sur avec ce cette ces mon ma mes ton ta son sa au aux à où mais ou si plus très "
    "bien oui non suis es sont être avoir ai as avons c'est j'ai n'est d'un qu'il merci "
    "quoi comment pourquoi tout rien aujourd'hui ça on fait qu'est vraiment toujours jamais "
    "mal hier soir",
    "es": "el la los las un una de del y es yo tú él ella nosotros ellos no que qué en por para "
    "con su sus mi mis tu lo le me te se como cómo muy más pero sí si está estoy estás están "
    "soy eres son hay ser fue tengo tiene porque cuando donde dónde hoy bien gracias todo nada "
    "esto eso este esta al mucho nunca siempre alegro antes mal",
    "it": "il lo la gli le un una di del della e è io tu lui lei noi voi loro non che chi in per "
    "con su da dal nel mio mia tuo sono sei siamo ho hai ha abbiamo come perché dove quando "
    "molto più ma anche sì bene grazie tutto niente questo questa quello cosa oggi mi ti ci si",
    "pt": "o a os as um uma de do da dos das e é eu tu ele ela nós você vocês eles não que em no "
    "na por para com seu sua meu minha como mais mas sim está estou são ser foi tenho tem muito "
    "bem obrigado obrigada porque quando onde hoje isso isto tudo nada se lhe ao mal",
    "sv": "och att det är jag du han hon vi ni de inte en ett som på för med av till från har "
    "hade kan ska vill var vad vem hur varför men eller om så ja nej mycket bra tack här där "
    "nu idag min mitt din mig dig sig den blev hos dag",
    "da": "og at det er jeg du han hun vi de ikke en et som på for med af til fra har havde kan "
    "skal vil var hvad hvem hvordan hvorfor men eller om så ja nej meget godt tak her der nu i "
    "min mit din mig dig sig den",
    "pl": "i w na z do że nie to jest się jak co ja ty on ona my wy oni mnie ci ale czy tak już "
    "jestem są był była mam masz ma po od za tylko bardzo dobrze dziękuję dlaczego gdzie kiedy "
    "dzisiaj mój moja twój o ten ta",
    "cs": "a v na z do že ne to je se jak co já ty on ona my vy oni mě ale tak už jsem jsi jsou "
    "byl byla mám máš má po od za jen velmi dobře děkuji proč kde kdy dnes můj moje tvůj ten ta",
    "tr": "bir ve bu da de ne için ben sen o biz siz çok var yok mi mı mu değil ama gibi daha "
    "iyi evet hayır nasıl neden kim nerede bugün şimdi teşekkürler olan oldu her şey benim senin",
    "fi": "ja on ei se että minä sinä hän me te he olen olet oli mutta kun niin kuin mitä missä "
    "miksi miten joo kyllä kiitos hyvin tänään nyt myös vain tämä minun sinun ole en et",
    "hu": "a az és nem hogy én te ő mi ti ők is van volt vagyok vagy de ha mert mit hol miért "
    "hogyan igen köszönöm nagyon jó ma most ez egy ezt azt nekem csak már még",
    "ro": "și în la de cu pe un o nu este sunt eu tu el ea noi voi ei că ce cine unde cum de "
    "pentru din dar sau mai foarte bine mulțumesc azi acum am ai are fost meu mea",
    "id": "yang dan di ke dari ini itu saya aku kamu dia kami kita mereka tidak ada adalah untuk "
    "dengan pada akan sudah bisa juga apa siapa kenapa bagaimana ya terima kasih sangat hari "
    "sekarang tapi karena",
}
_LETTERS: Mapping[str, str] = {
    "ß": "de",
    "ä": "de sv fi",
    "ö": "de sv fi tr hu",
    "ü": "de tr hu",
    "ñ": "es",
    "¿": "es",
    "¡": "es",
    "ã": "pt",
    "õ": "pt",
    "ç": "fr pt tr",
    "è": "fr it",
    "ê": "fr pt",
    "ù": "fr it",
    "œ": "fr",
    "ì": "it",
    "ò": "it",
    "å": "sv da",
    "ø": "da",
    "æ": "da",
    "ł": "pl",
    "ą": "pl",
    "ę": "pl",
    "ś": "pl",
    "ż": "pl",
    "ź": "pl",
    "ř": "cs",
    "ě": "cs",
    "ů": "cs",
    "č": "cs",
    "ž": "cs",
    "ğ": "tr",
    "ş": "tr",
    "ı": "tr",
    "ő": "hu",
    "ű": "hu",
    "ț": "ro",
    "ș": "ro",
    "ă": "ro",
    "î": "ro fr",
}
# Scripts by the first word of a letter's Unicode name, with their most spoken language.
_SCRIPTS: Mapping[str, str] = {
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "CJK": "zh",
    "CYRILLIC": "ru",
    "GREEK": "el",
    "ARABIC": "ar",
    "HEBREW": "he",
    "THAI": "th",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "TELUGU": "te",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
    "LATIN": "",
}
# Evidence for another language below which nothing is said, with and without English words.
_LEAST, _LEAST_ALONE = 1.5, 1.0
_SURE = 2.0  # of a language of which no more need be seen: another must outweigh as much
_ENOUGH = 8  # different words after which a language must have shown itself
_SOME, _MANY = 100, 1000  # ... and from which on another, English has shown all of its small words
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LETTER_WEIGHT = 0.7
_BACK = 20  # undecided turns that are read as one text


def _shared(table: Mapping[str, str]) -> dict[str, tuple[tuple[str, ...], float]]:
    """Word to the languages that have it and what it counts for each."""
    owners: dict[str, list[str]] = {}
    for language, words in table.items():
        for word in dict.fromkeys(words.split()):
            owners.setdefault(word, []).append(language)
    return {w: (tuple(langs), 1 / len(langs)) for w, langs in owners.items()}


_OWNERS = _shared(_WORDS)


def detect_language(texts: Iterable[str]) -> str | None:
    """The language of a text that comes in pieces (all turns of a conversation).

    Args:
        texts: Read as one text.

    Returns:
        ISO 639-1 code; "und" where it is surely not English but none that is known here; None
        where the words don't decide it.
    """
    return _told(" ".join(texts))[0]


class LanguageSoFar:
    """The language of each turn of a conversation as it comes.

    A turn is in the language of the conversation unless its script, or its words clearly, say
    otherwise; once a language has clearly been spoken, its words count as much.
    """

    def __init__(self) -> None:
        self._seen: dict[str, float] = defaultdict(float)  # evidence of each language
        self._recent: deque[str] = deque(maxlen=_BACK + 1)

    def add(self, text: str | None, whole: str | None = None) -> str | None:
        """The language of one more turn, as :func:`detect_language`; None without words.

        Args:
            text: Its words, or None where they are not known.
            whole: What the conversation is in, as :func:`detect_language` says of all of it; None
                goes by the turns before.
        """
        self._recent.append(text or "")
        if not text:
            return None
        told, evidence = _told(text)
        usual = whole or max(self._seen, key=lambda code: self._seen[code], default=None)
        code = told
        if usual is not None and (told is None or self._stays(usual, told, evidence, whole)):
            code = usual
        elif told is None:
            code = detect_language(t for t in self._recent if t)
        if code is not None:
            self._seen[code] += evidence.get(code, 0.0)
        return code

    def _stays(
        self, usual: str, told: str, evidence: Mapping[str, float], whole: str | None
    ) -> bool:
        """Whether a turn that looks like ``told`` is in the usual language all the same."""
        if told == UNKNOWN and usual in _WORDS:
            return usual != "en" and usual in evidence
        if told not in _WORDS or usual not in (*_WORDS, UNKNOWN):
            return (told, usual) == ("zh", "ja")  # Japanese words may be all logograms
        before = _SURE if whole else min(_SURE, self._seen[usual])
        rival = evidence[told] + min(_SURE, self._seen[told])
        return rival <= before + evidence.get(usual, 0.0)


def _told(text: str) -> tuple[str | None, dict[str, float]]:
    """The language of a text by itself, and how much speaks for each."""
    text = unicodedata.normalize("NFC", text).lower()
    script = _script(text)
    if script is None:
        return None, {}
    if script:
        return script, {script: _SURE}
    words = (w.replace("’", "'") for w in _TOKEN.findall(text))
    kinds = dict.fromkeys(words)  # a name that is repeated is no more evidence than once
    evidence = _evidence(kinds, text)
    told = _latin(evidence, len(kinds))
    return told, {**evidence, UNKNOWN: _SURE} if told == UNKNOWN else evidence


def _script(text: str) -> str | None:
    """Language of a script that is not Latin; "" for Latin; None without letters."""
    scripts: Counter[str] = Counter()
    for char, count in Counter(text).items():
        if char.isalpha():
            kind = unicodedata.name(char, "OTHER").split(" ")[0].split("-")[0]
            scripts[kind if kind in _SCRIPTS else "OTHER"] += count
    if not scripts:
        return None
    foreign = scripts.total() - scripts["LATIN"]
    # A logogram says more than a letter, and names or loans stand in Latin everywhere.
    if foreign <= 0.3 * scripts.total():
        return ""
    if scripts["HIRAGANA"] + scripts["KATAKANA"] > 0.1 * foreign:
        return "ja"
    del scripts["LATIN"]
    return _SCRIPTS.get(scripts.most_common(1)[0][0], UNKNOWN)


def _evidence(kinds: Iterable[str], text: str) -> dict[str, float]:
    """How much words and letters speak for each language."""
    scores: dict[str, float] = {}
    for word in kinds:
        owners, weight = _OWNERS.get(word, ((), 0.0))
        for language in owners:
            scores[language] = scores.get(language, 0.0) + weight
    for char, speakers in _LETTERS.items():
        shared = speakers.split()
        weight = _LETTER_WEIGHT * min(text.count(char), 3) / len(shared)
        for language in shared if weight else ():
            scores[language] = scores.get(language, 0.0) + weight
    return scores


def _latin(evidence: Mapping[str, float], kinds: int) -> str | None:
    """Language of so many different words in Latin script."""
    english = evidence.get("en", 0.0)
    others = {code: score for code, score in evidence.items() if code != "en"}
    best, score = max(others.items(), key=lambda x: x[1], default=("", 0.0))
    # Borrowed words may look like any language; running text is made of its small words.
    if score >= (_LEAST if english else _LEAST_ALONE) and score > 1.5 * english:
        return UNKNOWN if kinds >= _ENOUGH and score < 0.1 * min(kinds, _SOME) else best
    if english > 0 and english >= score:
        sparse = kinds >= _ENOUGH and english < 0.05 * min(kinds, _MANY)
        return UNKNOWN if sparse else "en"
    return UNKNOWN if kinds >= _ENOUGH and not english else None
