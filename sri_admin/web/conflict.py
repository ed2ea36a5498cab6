"""Two people changed the same thing: both texts side by side, and nothing lost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sri_admin.kernel.formats import date_long, joined
from sri_admin.kernel.i18n import LazyText
from sri_admin.web.csrf import FIELD
from sri_admin.web.forms import VERSION, Form


@dataclass(frozen=True)
class Answer:
    """One answer of a form: what it is called, and how its raw value reads."""

    label: LazyText
    show: Callable[[str], str] = str


def show_date(raw: str) -> str:
    """Show a date as people write it; what is not a date stays as it was typed."""
    try:
        return date_long(date.fromisoformat(raw))
    except ValueError:
        return raw


def show_choices(labels: Mapping[Any, LazyText]) -> Callable[[str], str]:
    """Return how ticked choices read: their words, joined."""
    by_value = {str(choice): label for choice, label in labels.items()}
    return lambda raw: joined(str(by_value.get(each, each)) for each in raw.split(",") if each)


def conflict_of(
    form: Form, answers: Mapping[str, Answer], theirs: Mapping[str, Any], *, url: str
) -> dict[str, Any] | None:
    """Return what the conflict component shows: the answers that differ and the two ways out."""
    if form.conflict is None or form.entered is None:
        return None
    mine = {name: ",".join(form.values_of(name)) for name in form.entered}
    rows = [
        {"label": answer.label, "mine": answer.show(mine.get(name, "")), "theirs": answer.show(raw(theirs.get(name)))}
        for name, answer in answers.items()
        if mine.get(name, "") != raw(theirs.get(name))
    ]
    kept = {name: value for name, value in mine.items() if name not in {VERSION, FIELD}}
    return {
        "fields": rows,
        "mine": {"url": url, "post": True, "fields": {**kept, VERSION: form.conflict.version}},
        "theirs": {"url": url},
    }


def raw(value: Any) -> str:
    """Return a record's value as a form would send it."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return ",".join(str(each) for each in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
