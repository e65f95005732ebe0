"""Templates: the wording of a prompt, as a small TOML file that is checked when it is read.

    task      what is asked for: "label", "yes" (one label, yes or no), "reason", "voice", "face"
    system    the task in words; of "label" with {labels}
    line      a turn: {speaker}, {text}
    wordless  a turn whose words are not shown: {speaker}
    [cues]    voice, face: how {cues} are told, on a line of their own
    soft      a line with the place {soft} for what is no text
    question  about {speaker}; of "yes" and "reason" about {label}, too
    answer    what is answered, with {answer}
    choices   of "yes" alone: the two answers, the first says that it is so

Nothing in it depends on the turn that is asked about but what stands below that turn.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from empathia.errors import ConfigError

DEFAULT = "plain"
_SHIPPED = Path(__file__).parent / "templates"
_TASKS = ("label", "yes", "reason", "voice", "face")
_KINDS = ("voice", "face")
_FIELD = re.compile(r"\{(\w+)\}")
# Key -> the fields that must be in it, those that may be in it beside them; by task below.
_FIELDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "system": (frozenset(), frozenset()),
    "line": (frozenset({"speaker", "text"}), frozenset()),
    "wordless": (frozenset({"speaker"}), frozenset()),
    "question": (frozenset({"speaker"}), frozenset()),
    "answer": (frozenset({"answer"}), frozenset()),
    "soft": (frozenset({"soft"}), frozenset()),
    **{f"cues.{kind}": (frozenset({"cues"}), frozenset()) for kind in _KINDS},
}
_OF_TASK = {
    "label": {"system": "labels"},
    "yes": {"question": "label"},
    "reason": {"question": "label"},
}
_OPTIONAL = {"soft", "cues", "choices"}
_PLACES = {"line", "wordless", "answer", "soft"} | {f"cues.{kind}" for kind in _KINDS}


@dataclass(frozen=True, slots=True)
class Template:
    """The wording of a prompt; the fields are those of the file.

    Args:
        name: Of the file.
        task, system, line, wordless, question, answer: See the module.
        cues: By kind, "voice" and "face"; a kind that is absent is not told.
        soft: "" for a template without such a place.
        choices: Of the task "yes": two answers.
        source: The file's text, to be kept beside what was trained with it.
    """

    name: str
    task: str
    system: str
    line: str
    wordless: str
    question: str
    answer: str
    cues: Mapping[str, str] = field(default_factory=dict, hash=False)
    soft: str = ""
    choices: tuple[str, ...] = ()
    source: str = field(default="", repr=False, compare=False)

    def answered(self, answer: str) -> str:
        """What is said where this is the answer: a label, a choice, a description."""
        return fill(self.answer, answer=answer)


def shipped() -> tuple[str, ...]:
    """Names of the templates that come with Empathia."""
    return tuple(sorted(p.stem for p in _SHIPPED.glob("*.toml")))


def read(name: str = DEFAULT) -> Template:
    """A template by name, or out of a file.

    Args:
        name: One of :func:`shipped`, or the path of a TOML file.

    Raises:
        ConfigError: There is none of this name, or the file does not say what a prompt needs.
    """
    file = Path(name) if name.endswith(".toml") else _SHIPPED / f"{name}.toml"
    if not name.endswith(".toml") and name not in shipped():
        raise ConfigError(
            f"no template is called '{name}' (there are: {', '.join(shipped())})",
            "Name one of these, or a file that ends in .toml",
        )
    try:
        source = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise _unread(file, error) from error
    return parsed(source, file)


def parsed(source: str, file: Path) -> Template:
    """The template of a file's text.

    Raises:
        ConfigError: It does not say what a prompt needs.
    """
    try:
        content = tomllib.loads(source)
    except ValueError as error:
        raise _unread(file, error) from error
    _check(content, file)
    choices = tuple(content.pop("choices", ()))
    return Template(file.stem, **content, choices=choices, source=source)


def _unread(file: Path, error: Exception) -> ConfigError:
    return ConfigError(
        f"cannot read the template '{file}' ({error})", "Mend the file or name another"
    )


def fill(text: str, /, **values: str) -> str:
    """A text with its fields replaced, all at once: what is put in is not looked through."""
    return _FIELD.sub(lambda m: values[m[1]], text)


def _check(content: Mapping[str, object], file: Path) -> None:
    known = {"task", *(k.partition(".")[0] for k in _FIELDS), "choices"}
    _refuse(file, (f"unknown key '{k}'" for k in content if k not in known), f"has {_all(known)}")
    lacking = sorted(known - _OPTIONAL - content.keys())
    _refuse(file, (f"no '{k}'" for k in lacking), "add it")
    task = content["task"]
    _refuse(file, (f"the task {task!r}" for _ in "x" if task not in _TASKS), f"is {_all(_TASKS)}")
    cues = content.get("cues", {})
    told = cues if isinstance(cues, dict) else {"": cues}
    wrong = (f"cues of '{k}'" for k in told if k not in _KINDS)
    _refuse(file, wrong, f"has a table [cues] of {_all(_KINDS)}")
    texts = {k: v for k, v in content.items() if k in _FIELDS}
    texts |= {f"cues.{k}": v for k, v in told.items()}
    for key, text in texts.items():
        _check_text(file, key, text, _OF_TASK.get(str(task), {}).get(key))
    _check_choices(file, content.get("choices", []), yes=task == "yes")


def _check_text(file: Path, key: str, text: object, more: str | None) -> None:
    """One text has the fields that it must have and no others."""
    if not isinstance(text, str) or not text.strip():
        _refuse(file, [f"{key} = {text!r}"], "is a text")
        return
    needs, may = _FIELDS[key]
    needs = needs | ({more} if more else set())
    named = _FIELD.findall(text)
    _refuse(file, (f"no {{{f}}} in '{key}'" for f in sorted(needs - set(named))), "put it in")
    strange = sorted(set(named) - needs - may)
    allowed = _all(f"{{{f}}}" for f in needs | may) or "no field"
    _refuse(file, (f"{{{f}}} in '{key}'" for f in strange), f"has {allowed} there")
    single = key in _PLACES and (len(named) != len(set(named)) or "\n" in text)
    _refuse(file, (f"'{key}' with several lines or a field twice" for _ in "x" if single), "is one")
    loose = re.search(r"[{}]", _FIELD.sub("", text))
    _refuse(file, (f"a brace of no field in '{key}'" for _ in "x" if loose), "take it out")


def _check_choices(file: Path, choices: object, *, yes: bool) -> None:
    words = choices if isinstance(choices, list) else [choices]
    fine = all(isinstance(x, str) and x.strip() for x in words) and len(set(words)) == 2 * yes
    wrong = f"choices = {choices!r}"
    _refuse(file, [] if fine else [wrong], "has two with the task 'yes', else none")


def _refuse(file: Path, wrong: Iterable[str], expected: str) -> None:
    for what in wrong:
        raise ConfigError(f"template '{file}': {what} (a template {expected})", "Mend the file")


def _all(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
