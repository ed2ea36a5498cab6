"""What of translation waits for somebody, told to the first page."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from sri_admin.kernel import installation
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from sri_admin.kernel.formats import language_name
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext
from sri_admin.kernel.part import WorkItem
from sri_admin.kernel.tenancy import Tenant
from sri_admin.localization.pages.deciding import TO_DECIDE
from sri_admin.localization.pages.workbench import TO_REVIEW, TODO
from sri_admin.localization.policy import POLICY
from sri_admin.localization.queries.grants import granted_languages, languages_of
from sri_admin.localization.queries.texts import TextRow, people_behind, text_of
from sri_admin.localization.rules.desk import Desk
from sri_admin.materials.queries.entitlement import catalogue_for
from sri_admin.materials.queries.works import newest_release, works


def work_of(member_id: UUID, _on: date) -> list[WorkItem]:
    """Return what waits in the texts of a member, or of SRI itself."""
    if member_id == installation.hub_tenant_id():
        return list(_at_hub())
    tenant = db.session.get(Tenant, member_id)
    return list(_at_member(tenant)) if tenant else []


def _at_hub() -> Iterator[WorkItem]:
    texts = (text_of(work, tag) for tag in granted_languages() for work in works())
    for text in texts:
        if text is None:
            continue
        where = {"work": text.work.code, "language": text.language}
        waiting = text.count(*TO_DECIDE)
        if waiting:
            yield WorkItem(
                family="soon",
                title=_title(text),
                reason=ngettext(
                    "%(num)s segment waits for SRI to decide on its meaning.",
                    "%(num)s segments wait for SRI to decide on their meaning.",
                    waiting,
                ),
                label=_("Decide"),
                endpoint="localization.translation_show",
                arguments=where,
                shown=_may_decide(text),
            )
        last = newest_release(text.work, text.language)
        if text.is_complete and (last is None or last.source_id != text.source.id):
            yield WorkItem(
                family="doing",
                title=_title(text),
                reason=_("Every segment is approved. It can be released."),
                label=_("Release it"),
                endpoint="localization.translation_show",
                arguments=where,
                shown=_allowed("release.make", text.work),
            )


def _at_member(tenant: Tenant) -> Iterator[WorkItem]:
    tags = languages_of(tenant.id)
    known = [row.work for row in catalogue_for(tenant.id) if row.standing.may_read] if tags else []
    texts = (text_of(work, tag, member_id=tenant.id) for tag in tags for work in known)
    for text in texts:
        if text is None:
            continue
        desk = Desk(tenant.id, text.language)
        yield from _for_reviser(text, desk, tenant.code)
        yield from _for_translator(text, desk, tenant.code)


def _for_reviser(text: TextRow, desk: Desk, code: str) -> Iterator[WorkItem]:
    waiting = text.count(*TO_REVIEW)
    if waiting:
        reason = ngettext(
            "%(num)s wording waits for somebody who did not write it.",
            "%(num)s wordings wait for somebody who did not write them.",
            waiting,
        )
        yield _item(text, code, reason=reason, label=_("Review"), show="review", shown=_may_review(text, desk))


def _for_translator(text: TextRow, desk: Desk, code: str) -> Iterator[WorkItem]:
    waiting = text.count(*TODO)
    if waiting:
        reason = ngettext("%(num)s segment waits to be translated.", "%(num)s segments wait to be translated.", waiting)
        shown = _allowed("text.translate", desk)
        yield _item(text, code, reason=reason, label=_("Translate"), show="todo", shown=shown)


def _item(text: TextRow, code: str, **told: Any) -> WorkItem:
    where = {"code": code, "work": text.work.code, "language": text.language, "show": told.pop("show")}
    return WorkItem(family="doing", title=_title(text), endpoint="localization.workbench", arguments=where, **told)


def _allowed(act: str, subject: Any) -> Callable[[Actor], bool]:
    return lambda actor: POLICY.allows(actor, f"localization.{act}", subject)


def _may_review(text: TextRow, desk: Desk) -> Callable[[Actor], bool]:
    waiting = [each.standing for each in text.segments if each.standing.state in TO_REVIEW]
    authors = {version.author for each in waiting for version in each.candidates}
    return lambda actor: bool(authors - {actor.label}) and _allowed("text.review", desk)(actor)


def _may_decide(text: TextRow) -> Callable[[Actor], bool]:
    waiting = [each for each in text.segments if each.standing.state in TO_DECIDE]

    def may(actor: Actor) -> bool:
        allowed = _allowed("segment.decide", text.work)(actor)
        return allowed and any(actor.label not in people_behind(text, each) for each in waiting)

    return may


def _title(text: TextRow) -> str:
    return _("%(work)s: %(language)s", work=str(text.work.title), language=language_name(text.language))
