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
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path

from empathia.errors import ConfigError

DEFAULT = "plain"
_SHIPPED = Path(__file__).parent / "templates"
_TASKS = ("label", "yes", "reason", "voice", "face")
_KINDS = ("voice", "face")
_FIELD = re.compile(r"\{(\w+)\}")
# Key -> the fields that must be in it, and no others; by task one more in one of them.
_FIELDS: Mapping[str, frozenset[str]] = {
    "system": frozenset(),
    "line": frozenset({"speaker", "text"}),
    "wordless": frozenset({"speaker"}),
    "question": frozenset({"speaker"}),
    "answer": frozenset({"answer"}),
    "soft": frozenset({"soft"}),
    **{f"cues.{kind}": frozenset({"cues"}) for kind in _KINDS},
}
_OF_TASK = {
    "label": {"system": "labels"},
    "yes": {"question": "label"},
    "reason": {"question": "label"},
}
_OPTIONAL = {"soft", "cues", "choices"}
_FREE = {"system", "question"}  # may have several lines, and a field more than once


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
    told = getattr(error, "strerror", None) or error
    return ConfigError(f"cannot read the template '{file}' ({told})", "Mend it or name another")


def fill(text: str, /, **values: str) -> str:
    """A text with its fields replaced, all at once: what is put in is not looked through."""
    return _FIELD.sub(lambda m: values[m[1]], text)


def _check(content: Mapping[str, object], file: Path) -> None:
    for what, remedy in _faults(content):
        raise ConfigError(f"template '{file}': {what}", remedy)


def _faults(content: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """What is wrong, and what to do; a later fault can be looked for where there is none before."""
    known = {"task", *(k.partition(".")[0] for k in _FIELDS), "choices"}
    for key in sorted(content.keys() - known):
        yield f"unknown key '{key}'", f"Take it out; there are {_all(known)}"
    for key in sorted(known - _OPTIONAL - content.keys()):
        yield f"no '{key}'", "Add it"
    task, cues = content["task"], content.get("cues", {})
    if task not in _TASKS:
        yield f"the task {task!r}", f"Take one of {_all(_TASKS)}"
    told = cues if isinstance(cues, dict) else {"": cues}
    for kind in sorted(told.keys() - set(_KINDS)):
        yield f"cues of '{kind}'", f"Make [cues] a table of {_all(_KINDS)}"
    more = _OF_TASK.get(str(task), {})
    texts = {k: v for k, v in content.items() if k in _FIELDS}
    for key, text in (texts | {f"cues.{k}": v for k, v in told.items()}).items():
        yield from _faults_of(key, text, _FIELDS[key] | ({more[key]} if key in more else set()))
    choices = content.get("choices", [])
    words = choices if isinstance(choices, list) else [choices]
    count = 2 if task == "yes" else 0
    if any(not isinstance(x, str) or not x.strip() for x in words) or len(set(words)) != count:
        yield f"choices = {choices!r}", "Give two with the task 'yes', else none"


def _faults_of(key: str, text: object, needed: Set[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with one text, which has these fields and no others."""
    if not isinstance(text, str) or not text.strip():
        yield f"{key} = {text!r}", "Give it a text"
        return
    named = _FIELD.findall(text)
    for name in sorted(set(named) - needed):
        allowed = _all(f"{{{f}}}" for f in needed) or "none"
        yield f"{{{name}}} in '{key}'", f"Take it out; fields there: {allowed}"
    for name in sorted(needed - set(named)):
        yield f"no {{{name}}} in '{key}'", "Put it in"
    if key not in _FREE and (len(named) != len(set(named)) or "\n" in text):
        yield f"'{key}' with several lines or a field twice", "Write one line, each field once"
    if re.search(r"[{}]", _FIELD.sub("", text)):
        yield f"a brace of no field in '{key}'", "Take it out"


def _all(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
