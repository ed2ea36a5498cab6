"""The frame round every page: place, navigation by role, search, connection, language, account."""

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import current_app, request, url_for

from sri_admin.kernel import clock, formats, i18n, installation, runtime
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.installation import Standing
from sri_admin.kernel.part import MenuEntry, ask
from sri_admin.web import addresses, csrf, locale, notices, visit


@dataclass(frozen=True, kw_only=True)
class Shell:
    """What `base.html` shows; every field may be looked at, none does work."""

    lang: str
    dir: str
    theme: str
    place: str
    place_kind: str
    entries: list[dict[str, Any]]
    search_url: str | None
    sync: dict[str, Any] | None
    account: dict[str, str] | None
    languages: list[dict[str, Any]]
    notices: list[dict[str, str]] = field(default_factory=list)
    insecure_notice: str | None = None
    standing_notice: str | None = None
    standing_url: str = addresses.RESTORED
    silence: dict[str, Any] | None = None
    menu_url: str = "/menu"
    theme_url: str | None = None


def attach(app: Any) -> None:
    """Give every template its shell and a form token."""
    app.context_processor(_for_template)


def _for_template() -> dict[str, Any]:
    return {"shell": make(), "csrf_token": csrf.token()}


def make() -> Shell:
    """Put the shell of this visit together; runs inside the page's read transaction."""
    here = visit.current()
    signed_in = here.signed_in
    return Shell(
        lang=i18n.locale(),
        dir=i18n.direction(),
        theme=here.theme,
        place=_place(),
        place_kind=_place_kind(),
        entries=_navigation() if signed_in else [],
        search_url=_search_url() if signed_in else None,
        sync=_told("shell.sync") if signed_in else None,
        account=_account(signed_in) if signed_in else None,
        languages=_languages(),
        notices=notices.take(),
        insecure_notice=_insecure(),
        standing_notice=_standing(),
        silence=_told("shell.silence"),
        theme_url=url_for("web.theme_choose"),
    )


def _place_kind() -> str:
    if not runtime.current().is_hub:
        return "node"
    here = visit.current()
    return "hub" if here.signed_in is None or here.actor.is_staff else "hosted"


def _place() -> str:
    kind, member = _place_kind(), _own_member()
    if kind == "hub":
        return _("Hub, all countries")
    if member is None:
        return _("A node that is not connected yet")
    names = ask("shell.place", member, clock.today())
    name = str(names[0]) if names else ""
    if kind == "node":
        return _("%(country)s, our own node", country=name)
    return _("%(country)s, hosted at the hub", country=name)


def _own_member() -> Any:
    identity = runtime.current().identity
    if identity and identity.role == "node":
        return identity.tenant_id
    return visit.current().home


class Above(NamedTuple):
    """A page of the menu."""

    label: LazyText
    url: str


def entry_above(endpoint: str) -> Above | None:
    """Return the page of the menu a page stands on or below, if the menu of whoever is here has one."""
    actor = visit.current().actor
    above = (each for each in _entries() if endpoint == each.endpoint or endpoint in each.covers)
    return next((Above(each.label, _address(each)) for each in above if each.shown(actor)), None)


def _entries() -> list[MenuEntry]:
    """Return every entry of this kind of installation; some ask the database to whom they are shown."""
    role = runtime.current().settings.installation.role
    entries = [entry for part in runtime.current().parts for entry in part.menu if role in entry.roles]
    return sorted(entries, key=lambda entry: entry.place)


def _address(entry: MenuEntry) -> str:
    return entry.url(visit.current().actor) if entry.url else url_for(entry.endpoint)


def _navigation() -> list[dict[str, Any]]:
    actor = visit.current().actor
    shown = [each for each in _entries() if each.shown(actor)]
    return [
        {"label": group, "entries": [_entry(each) for each in members]}
        for group, members in groupby(shown, key=lambda entry: entry.group)
    ]


def _entry(entry: MenuEntry) -> dict[str, Any]:
    actor = visit.current().actor
    return {
        "label": entry.label,
        "url": _address(entry),
        "icon": entry.icon,
        "current": request.endpoint in {entry.endpoint, *entry.covers},
        "count": entry.count(actor) if entry.count else None,
    }


def _search_url() -> str | None:
    for part in runtime.current().parts:
        if (
            part.search_endpoint
            and part.search_endpoint in current_app.view_functions
            and visit.current().actor.account_id is not None
        ):
            return url_for(part.search_endpoint)
    return None


def _told(question: str) -> dict[str, Any] | None:
    member = _own_member()
    answers = ask(question, member, clock.today()) if member else []
    return next((answer for answer in answers if answer), None)


def _account(signed_in: Any) -> dict[str, str]:
    return {
        "label": str(signed_in.role_label),
        "url": addresses.ACCOUNT,
        "sign_out_url": addresses.SIGN_OUT,
    }


def _languages() -> list[dict[str, Any]]:
    endpoint = request.endpoint if request.method == "GET" and request.endpoint else None
    here = url_for(endpoint, **(request.view_args or {})) if endpoint else "/"
    asked = request.args.to_dict() if endpoint else {}
    return [
        {
            "code": tag,
            "label": formats.language_name(tag, own=True),
            "dir": i18n.direction(tag),
            "current": tag in i18n.chain(i18n.locale())[:-1] or tag == i18n.locale(),
            "url": f"{here}?{urlencode({**asked, locale.QUERY: tag})}",
            "reviewed": locale.is_reviewed(tag),
        }
        for tag in i18n.available()
    ]


def _standing() -> str | None:
    now = installation.standing()
    if now is Standing.IN_USE:
        return None
    if now is Standing.ALONE:
        return _("This installation was restored and goes on alone until the other side answers.")
    return _("This installation was restored from a backup and can only be read for now.")


def _insecure() -> str | None:
    settings = runtime.current().settings
    if not settings.web.lan_http or settings.is_https:
        return None
    return _("This line is not protected. Use it only inside your own network.")
