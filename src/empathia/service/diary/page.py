"""The page in an exported diary: one file that runs nothing and asks for nothing."""

from __future__ import annotations

from html import escape
from zoneinfo import ZoneInfo

from empathia.report import still
from empathia.report.words import words_in
from empathia.service.diary.accounts import Account
from empathia.service.diary.records import TYPES, Entry

_MARK = "<!-- entries -->"
_WORDS = {
    "en": {
        "diary": "Diary",
        "entries": "entries",
        "estimate": "Feelings are estimates of what readers would take the words and the voice to "
        "express.",
        "none": "no emotion",
        "unsure": "unsure",
        "listen": "Listen",
    },
    "ko": {
        "diary": "일기",
        "entries": "편",
        "estimate": "감정은 말과 목소리가 어떻게 들리는지를 추정한 값입니다.",
        "none": "감정 없음",
        "unsure": "확실하지 않음",
        "listen": "듣기",
    },
}


def around(account: Account, entries: int) -> tuple[str, str]:
    """What stands before the entries, and what behind them."""
    words = _WORDS[account.language]
    filling = {
        "title": words["diary"],
        "language": account.language,
        "facts": f"{entries} {words['entries']}. {words['estimate']}",
        "entries": _MARK,
    }
    before, _, after = still.page("diary", "diary.css", filling).partition(_MARK)
    return before, after


def entry_html(entry: Entry, language: str) -> str:
    """One entry. Whatever is in it, it is text."""
    words = _WORDS[language]
    clock = entry.moment.astimezone(ZoneInfo(entry.zone))
    felt = entry.feeling.shares
    shown = words_in(language).shown
    shares = "".join(f"<li>{escape(shown(x))} {share:.0%}</li>" for x, share in felt.items())
    label = f"<strong>{escape(shown(entry.label) if entry.label else words['unsure'])}</strong>"
    told = label if felt else f"{words['none']}: {escape(shown(entry.feeling.abstained or ''))}"
    of = f' lang="{escape(entry.language)}"' if entry.language else ""
    sound = ""
    if entry.audio:
        name = f"audio/{entry.id}.{TYPES[entry.audio]}"
        sound = f'<p><a href="{escape(name)}">{words["listen"]}</a></p>'
    summary = f'<p class="summary">{escape(entry.summary)}</p>' if entry.summary else ""
    return (
        f'<article><h2><time datetime="{clock.isoformat()}">{entry.day} {clock:%H:%M}</time>'
        f"{' ★' if entry.bookmark else ''}</h2>"
        f'<p class="words"{of}>{escape(entry.words)}</p>{summary}'
        f'<ul class="shares"><li>{told}</li>{shares}</ul>{sound}</article>\n'
    )
