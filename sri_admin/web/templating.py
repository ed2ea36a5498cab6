"""What templates may use: sentences, formats, direction marks; nothing that queries or decides."""

from typing import Any

from flask import Flask
from markupsafe import Markup, escape

from sri_admin.kernel import formats, i18n, runtime
from sri_admin.kernel.i18n import LazyText, Sentence
from sri_admin.kernel.text import Text
from sri_admin.web import visit


def attach(app: Flask) -> None:
    """Give an application's templates their words."""
    app.jinja_env.globals.update(
        _=i18n.gettext, gettext=i18n.gettext, ngettext=i18n.ngettext, pgettext=i18n.pgettext, can=can
    )
    app.jinja_env.filters.update(
        date_long=formats.date_long,
        file_size=formats.file_size,
        date_full=formats.date_full,
        date_short=formats.date_short,
        month=formats.month,
        month_short=formats.month_short,
        datetime=formats.date_and_time,
        number=formats.number,
        percent=formats.percent,
        language_name=formats.language_name,
        joined=formats.joined,
        hour=formats.hour,
        weekday=formats.weekday,
        bdi=bdi,
        rich=rich,
        text=text,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def bdi(value: Any) -> Markup:
    """Isolate a value from the direction of the words around it."""
    return Markup("<bdi>{}</bdi>").format(value)


def rich(sentence: Any) -> Markup:
    """Show a translated sentence with its few allowed tags; anything else is escaped."""
    made = sentence.now() if isinstance(sentence, LazyText) else sentence
    return made.markup() if isinstance(made, Sentence) else escape(made)


def text(value: Text | None) -> Markup:
    """Show a text of several languages in the one that fits, marked with its language and direction."""
    if value is None:
        return Markup("")
    words, tag = value.shown()
    if tag == i18n.locale():
        return bdi(words)
    return Markup('<bdi lang="{}" dir="{}">{}</bdi>').format(tag, i18n.direction(tag), words)


def can(action: str, subject: Any = None) -> bool:
    """Say whether this visitor may do something, by the policy of the part the action belongs to."""
    owner = action.split(".", 1)[0]
    for part in runtime.current().parts:
        if part.name == owner and part.policy is not None:
            return part.policy.allows(visit.current().actor, action, subject)
    return False
