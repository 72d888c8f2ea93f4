"""What is wrong with a configuration, in one line: the key, the value, and what would be right."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from mcsim.config.sections import Section

_SHOWN_CHARACTERS = 60

# Instead of pydantic's words, which speak of Python's types; filled in from the error's context.
_WORDS = {
    "bool_type": "must be true or false",
    "dict_type": "must be a table of keys",
    "finite_number": "must be finite",
    "float_type": "must be a number",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "int_type": "must be a whole number",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    "model_attributes_type": "must be a table of keys",
    "model_type": "must be a table of keys",
    "string_too_short": "must not be empty",
    "string_type": "must be a string",
    "too_short": "must list at least {min_length}, but lists {actual_length}",
    "tuple_type": "must be a list",
    "union_tag_invalid": "must be one of {expected_tags}",
}


class ConfigError(ValueError):
    """A configuration that cannot be run; the message is one line that names the key and the value."""


def one_line(error: ValidationError, root: type[BaseModel]) -> str:
    """Return the first problem of a configuration, and how many there are besides."""
    problems = _independent(error)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    # A key may hold a line break: TOML allows it in quotes.
    return " ".join(f"{_sentence(problems[0], root)}{more}".splitlines())


def _independent(error: ValidationError) -> list[Any]:
    """Return the problems that do not follow from others: bad entries make a list count as too short."""
    problems = error.errors(include_url=False)
    parents = {problem["loc"][:-1] for problem in problems}
    return [p for p in problems if p["type"] != "too_short" or p["loc"] not in parents]


def _sentence(problem: Any, root: type[BaseModel]) -> str:
    kind, context, value = problem["type"], problem.get("ctx", {}), problem["input"]
    key, section = _place(problem["loc"], root)
    if kind == "value_error":
        return _of_validator(key, section, value, str(context["error"]))
    if kind == "missing":
        return f"{key}: missing; this key is required"
    if kind.startswith("union_tag"):
        discriminator = context["discriminator"].strip("'")
        key = f"{key}.{discriminator}"
        if discriminator not in value:
            tags = _variants(section.model_fields[problem["loc"][-1]])
            return f"{key}: missing; must be one of {', '.join(map(repr, tags))}"
        value = value[discriminator]
    if kind == "extra_forbidden" and issubclass(section, Section) and problem["loc"][-1] in section.removed:
        return f"{key}: {_short(value)}: is gone: {section.removed[problem['loc'][-1]]}; leave it out"
    if kind == "extra_forbidden":
        return f"{key}: {_short(value)}: unknown key; known here are {', '.join(section.model_fields)}"
    message = _WORDS[kind].format(**context) if kind in _WORDS else str(problem["msg"])
    return f"{key}: {_short(value)}: {message}"


def _of_validator(key: str, section: type[BaseModel], value: object, message: str) -> str:
    """Return the line for a message of ours; about a whole section, it may begin with the key it blames."""
    if not isinstance(value, dict):
        return f"{key}: {_short(value)}: {message}"
    blamed = message.partition(":")[0].partition(".")[0]
    joint = "." if blamed in section.model_fields else ": "
    return f"{key}{joint}{message}" if key else message


def _place(location: Sequence[int | str], root: type[BaseModel]) -> tuple[str, type[BaseModel]]:
    """Return the dotted key of a place, and the innermost section on the way to it.

    Left out are the tags of unions, which pydantic weaves into a place; entries of lists are in brackets.
    """
    key, section = "", root
    variants: dict[Any, type[BaseModel]] = {}
    for part in location:
        if part in variants:
            section, variants = variants[part], {}
            continue
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
        field = section.model_fields.get(str(part))
        variants = _variants(field) if field else {}
        section = (_section_at(field) if field else None) or section
    return key, section


def _section_at(field: FieldInfo) -> type[BaseModel] | None:
    """Return the only kind of section that may stand at a field: alone, optional, or in a list."""
    found = [kind for kind in (field.annotation, *get_args(field.annotation)) if isinstance(kind, type)]
    sections = [kind for kind in found if issubclass(kind, BaseModel)]
    return sections[0] if len(sections) == 1 else None


def _variants(field: FieldInfo) -> dict[Any, type[BaseModel]]:
    """Return the sections that may stand at a field with a discriminator, by their tag."""
    if not isinstance(field.discriminator, str):
        return {}
    sections = get_args(field.annotation)
    return {
        tag: section for section in sections for tag in get_args(section.model_fields[field.discriminator].annotation)
    }


def _short(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    text = json.dumps(value, default=str)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."
