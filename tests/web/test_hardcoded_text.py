"""No page says a word that was not looked up: with the pseudo switch on, every text carries its marks."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID
from xml.etree.ElementTree import Element

import html5lib
import pytest
import sqlalchemy as sa
from babel import Locale, dates, lists
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import clock, formats, i18n
from sri_admin.people.rules import Role
from sri_admin.reporting.rules.catalogue import DEFINITIONS
from sri_admin.web import cookies
from sri_admin.web.doors import Audience, Door
from sri_admin.web.locale import PSEUDO
from tests.make import findings, materials, meetings
from tests.make.people import browser, owing_code, person, setting_up_second_step, token_of
from tests.make.places import furnished

SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-label")
SILENT = {"script", "style", "bdi", "code", "kbd", "time", "svg"}
PLAIN = {"work": materials.CODE, "language": "pl", "step": "suspend", "way": "termination", "seat": "overdue"}
PLAIN |= {"criterion": findings.CRITERION, "number": "1", "day": f"{meetings.EVENING}", "month": "2026-10"}
# Steps have the words of their own subject.
FIXED = {"meetings.meeting_step": {"step": "hold"}}
# An `id` or `agreement_id` of a page that is for another kind or state of record than the usual one.
OTHERS = {
    "federation.node_show": {"id": "node_id"},
    "keys.withdrawal": {"id": "node_id"},
    "keys.keys_withdraw": {"id": "node_id"},
    "federation.enrolment_show": {"id": "enrolment_id"},
    "federation.enrolment_approve": {"id": "enrolment_id"},
    "federation.enrolment_refuse": {"id": "enrolment_id"},
    "members.agreement_amend": {"agreement_id": "signed_id"},
    "members.agreement_close": {"agreement_id": "signed_id"},
    "members.agreement_note": {"agreement_id": "signed_id"},
    "integrity.assessment_show": {"cycle_id": "open_cycle_id"},
    "integrity.answer_edit": {"cycle_id": "open_cycle_id"},
    "integrity.evidence_new": {"cycle_id": "open_cycle_id"},
    "integrity.answers_check": {"cycle_id": "open_cycle_id"},
    "integrity.finding_plan": {"finding_id": "acknowledged_id"},
    "integrity.finding_report": {"finding_id": "planned_id"},
    "integrity.finding_decide": {"finding_id": "disputed_id"},
    "integrity.finding_verify": {"finding_id": "reported_id"},
}
# A page that only leads elsewhere, the page of a one-time link, and the sheet of examples for developers.
LEADING = {"people.people_own", "people.link_show", "components.components"}
_VALUES = re.compile(
    r"[^\W\d]+[,،] (?=\d)|\d{1,2} [^\W\d]+\.? \d{4}|\d{1,2}:\d{2} [صم]|UTC"
    r"|(?:Land|Kim|Sam) of Q\w(?:(?: and | و)(?=Land of Q))?|east"
    r"|The (?:sri_director|member_administrator|coordinator)|(?:Kim|Sam) of the board"
    r"|[\w.+-]+@[\w.-]+|\b(?:usr|x)-[\w-]+|\b[A-Z]{2,3}\b|sri-admin/\d+|\b(?=\w*\d)[0-9a-f]{4,}\b"
)


@pytest.fixture
def pseudo(app: Flask, database: sa.Connection) -> Iterator[Flask]:
    """The hub with every looked-up text marked."""
    app.config[PSEUDO] = True
    yield app
    app.config[PSEUDO] = False


def unmarked(page: str, tag: str) -> list[str]:
    """Return the texts of a page that were neither looked up nor are values."""
    document = html5lib.parse(page, namespaceHTMLElements=False)
    spoken = [text for element in document.iter() for name, text in element.attrib.items() if name in SPOKEN]
    known = words_of(tag)
    # A sentence may run over several elements, so its marks are counted through the whole page.
    left, depth = [], 0
    for text in (*texts_of(document), *spoken):
        outside = ""
        for each in text:
            depth += (each == "⟦") - (each == "⟧")
            outside += each if depth == 0 and each != "⟧" else ""
        plain = outside.strip(" \n·–,.،()\u2068\u2069")
        if plain not in known and any(each.isalpha() for each in _VALUES.sub("", outside)):
            left.append(text)
    return left


def words_of(tag: str) -> set[str]:
    """Return the words of CLDR in a language: countries, languages (also by their own names), what joins a list."""
    locale = Locale.parse(tag)
    own = {formats.language_name(each, own=True) for each in i18n.available()}
    joints = {
        lists.format_list(["", ""], locale=locale).strip(),
        lists.format_list([""] * 3, locale=locale).strip(" ,"),
    }
    weekdays = locale.days["stand-alone"]["wide"].values()
    asked = (words for each in DEFINITIONS.values() for words in (each.name, each.counts, each.leaves_out))
    catalogue = {words[tag].strip(".") for words in asked}  # rows of the registry, in the reader's language
    known = {*locale.territories.values(), *locale.languages.values(), *weekdays, *months_of(locale)}
    return {*known, *catalogue, *own, *joints}


def months_of(locale: Locale) -> Iterator[str]:
    """Yield the months of two years as they are written, in full and short."""
    manner = Locale.parse("en-GB", sep="-") if locale.language == "en" else locale
    for year in (clock.today().year, clock.today().year - 1):
        for number in range(1, 13):
            for skeleton in ("yMMMM", "yMMM"):
                yield dates.format_skeleton(skeleton, date(year, number, 1), locale=manner)


def texts_of(element: Element) -> Iterator[str]:
    """Yield every text a person reads, but for values marked as such."""
    if not isinstance(element.tag, str):
        return
    is_value = element.attrib.get("translate") == "no" or element.attrib.get("dir") or element.attrib.get("lang")
    if element.tag not in SILENT and (not is_value or element.tag == "html"):
        yield element.text or ""
        for child in element:
            yield from texts_of(child)
            yield child.tail or ""


def pages_of(app: Flask) -> Iterator[tuple[str, Any]]:
    """Yield every page a person can open."""
    for rule in app.url_map.iter_rules():
        door = getattr(app.view_functions[rule.endpoint], "door", None)
        if not isinstance(door, Door) or not door.view.__module__.startswith("sri_admin."):
            continue
        if door.method == "GET" and door.template and rule.endpoint not in LEADING:
            yield rule.endpoint, rule


def path_to(app: Flask, endpoint: str, rule: Any, known: Mapping[str, UUID]) -> str:
    """Return the address of a page about the furnished country."""
    others: Mapping[str, str] = OTHERS.get(endpoint, {})
    fixed: dict[str, Any] = {"code": "QM", **PLAIN, **FIXED.get(endpoint, {})}
    names: set[str] = rule.arguments
    named = {name: fixed.get(name) or known[others.get(name, name)] for name in names}
    return app.url_map.bind("localhost").build(endpoint, named)


def visitors(app: Flask, member: UUID) -> list[FlaskClient]:
    """Return browsers of those who together may open every page."""
    administrator, director = person(Role.MEMBER_ADMINISTRATOR, member), person(Role.SRI_DIRECTOR)
    setting_up_second_step(director)
    nobody = app.test_client()
    with app.app_context():
        nobody.set_cookie(cookies.name(cookies.SESSION), owing_code(administrator))
    return [browser(app, director), browser(app, administrator), nobody]


@pytest.mark.parametrize("tag", ["en", "ar"])
def test_every_text_of_every_page_was_looked_up(pseudo: Flask, tag: str) -> None:
    known = furnished(pseudo, "QM")
    clients, found, closed = visitors(pseudo, known["member"]), {}, []
    for endpoint, rule in pages_of(pseudo):
        path = f"{path_to(pseudo, endpoint, rule, known)}?lang={tag}"
        answer = next((each for each in (client.get(path) for client in clients) if each.status_code == 200), None)
        if answer is None:
            closed.append(endpoint)
        elif left := unmarked(answer.get_data(as_text=True), tag):
            found[endpoint] = left
    assert (found, closed) == ({}, [])


@pytest.mark.parametrize("tag", ["en", "ar"])
def test_every_form_sent_empty_says_what_is_wrong_in_looked_up_words(pseudo: Flask, tag: str) -> None:
    known = furnished(pseudo, "QM")
    client, found = visitors(pseudo, known["member"])[0], {}
    client.get(f"/?lang={tag}")
    token, count = token_of(client, "/account"), 0
    for endpoint, rule in forms_of(pseudo):
        answer = client.post(path_to(pseudo, endpoint, rule, known), data={"csrf_token": token})
        count += answer.status_code == 422
        if answer.status_code == 422 and (left := unmarked(answer.get_data(as_text=True), tag)):
            found[endpoint] = left
    assert found == {}
    assert count > 10


def forms_of(app: Flask) -> Iterator[tuple[str, Any]]:
    """Yield every form that is shown again when something is wrong with it."""
    for rule in app.url_map.iter_rules():
        door = getattr(app.view_functions[rule.endpoint], "door", None)
        if isinstance(door, Door) and door.again is not None and "token" not in rule.arguments:
            yield rule.endpoint, rule


def test_the_pages_of_a_one_time_link_were_looked_up(pseudo: Flask) -> None:
    known = furnished(pseudo, "QM")
    client = visitors(pseudo, known["member"])[1]
    page = f"/countries/QM/people/{known['person_id']}"
    made = client.post(f"{page}/link", data={"csrf_token": token_of(client, page)}).get_data(as_text=True)
    link = re.search(r"/link/[\w-]+", made)
    assert link is not None
    shown = pseudo.test_client().get(link.group()).get_data(as_text=True)
    assert (unmarked(made, "en"), unmarked(shown, "en")) == ([], [])


@pytest.mark.parametrize("path", ["/nothing-here", "/countries/QZ", "/connections"])
def test_error_pages_say_nothing_of_their_own(pseudo: Flask, path: str) -> None:
    page = pseudo.test_client().get(path, follow_redirects=True).get_data(as_text=True)
    assert unmarked(page, "en") == []


def test_the_pages_of_a_node_that_is_not_joined_were_looked_up(node_app: Flask, node_database: sa.Connection) -> None:
    node_app.config[PSEUDO] = True
    client = node_app.test_client()
    pages = {path: unmarked(client.get(path).get_data(as_text=True), "en") for path in ("/sign-in", "/nothing-here")}
    node_app.config[PSEUDO] = False
    assert pages == {"/sign-in": [], "/nothing-here": []}


@pytest.mark.parametrize(
    "page",
    [
        "<p>Save now</p>",
        "<p>⟦Save⟧ now</p>",
        '<a aria-label="Close">⟦x⟧</a>',
        "<button>Save</button>",
        "<h1>X and Y</h1>",
    ],
)
def test_a_planted_word_is_found(page: str) -> None:
    assert unmarked(page, "en") != []


@pytest.mark.parametrize("page", ["<p>⟦Save ⟦it⟧ now⟧ 5 <bdi>Kim</bdi></p>", "<td>12 June 2026</td>", "<b>Germany</b>"])
def test_what_was_looked_up_and_values_pass(page: str) -> None:
    assert unmarked(page, "en") == []


def test_only_public_pages_open_for_nobody(pseudo: Flask) -> None:
    client = pseudo.test_client()
    views = {endpoint: pseudo.view_functions[endpoint] for endpoint, rule in pages_of(pseudo) if not rule.arguments}
    doors: dict[str, Any] = {endpoint: getattr(view, "door", None) for endpoint, view in views.items()}
    with pseudo.app_context():
        owing = {cookies.name(cookies.SESSION): owing_code(person(Role.SRI_DIRECTOR))}
    opened = {each for each, door in doors.items() if client.get(door.rule).status_code == 200}
    for name, value in owing.items():
        client.set_cookie(name, value)
    opened |= {each for each, door in doors.items() if client.get(door.rule).status_code == 200}
    assert opened == {each for each, door in doors.items() if door.audience is Audience.PUBLIC}
