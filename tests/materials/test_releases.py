"""Works from the draft to the signed release, through the operations and the pages."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from sri_admin.kernel import clock, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError, NotAllowedError, StaleError
from sri_admin.materials.models import Document, Release, ReleaseKey
from sri_admin.materials.operations.works import save_draft
from sri_admin.materials.queries.entitlement import standing_of
from sri_admin.materials.queries.signatures import verified
from sri_admin.materials.queries.works import blocks_of, documents_of, newest_release, releases_of, work_by_code
from sri_admin.materials.rules.blocks import Change, Risk
from sri_admin.materials.rules.entitlement import Standing
from sri_admin.materials.rules.releases import LicenceClass
from sri_admin.materials.sync import KINDS
from sri_admin.members.rules.member import MemberState, Transition
from sri_admin.people.rules import Role
from tests.make import materials, people
from tests.make import members as make
from tests.make.materials import CODE, TEXT

pytestmark = pytest.mark.usefixtures("database")


def read(body: Any) -> Any:
    with transaction.reading(tenancy.everywhere(make.every_member())):
        return body()


def text_of(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return re.sub("[\u2068\u2069]", "", unescape(answer.get_data(as_text=True)))


def test_a_release_is_signed_and_says_itself_what_it_is() -> None:
    materials.released(Nobody=Risk.SAFETY)

    def look() -> None:
        work = work_by_code(CODE)
        release = newest_release(work)
        assert release is not None
        found = verified(work, release, documents_of(release))
        assert found is not None
        assert [each.risk for each in found.blocks if "Nobody" in each.text] == [Risk.SAFETY]
        assert (work.current_version, work.languages) == ("1.0.0", ["en"])

    read(look)


@pytest.mark.parametrize("column", ["content", "path"])
def test_a_document_that_differs_by_a_letter_is_not_shown(column: str) -> None:
    materials.released()

    def look() -> Any:
        work = work_by_code(CODE)
        release = newest_release(work)
        assert release is not None
        (document,) = documents_of(release)
        setattr(document, column, getattr(document, column).replace("ee", "e"))
        db.session.expunge(document)
        return verified(work, release, [document])

    assert read(look) is None


def test_a_key_that_was_revoked_signs_nothing_any_more() -> None:
    materials.released()
    make.writing(make.hub(), lambda: setattr(db.session.scalars(sa.select(ReleaseKey)).one(), "revoked", True))

    def look() -> Any:
        work = work_by_code(CODE)
        release = newest_release(work)
        assert release is not None
        return verified(work, release, documents_of(release))

    assert read(look) is None


def test_the_next_release_knows_what_changed_and_keeps_every_identity() -> None:
    materials.released()
    materials.draft(text=TEXT.replace("Say so twice.", "Say so at the beginning and again at the end."))
    materials.release(version_no="1.0.1", notes="Said better.")

    def look() -> tuple[list[str], list[str], list[Change | None]]:
        second, first = releases_of(work_by_code(CODE))
        old, new = blocks_of(first), blocks_of(second)
        return [each.uid for each in old], [each.uid for each in new], [each.change for each in new]

    old, new, changes = read(look)
    assert old == new
    assert [each for each in changes if each] == [Change.CLARIFYING]


def test_a_text_without_news_is_not_released_twice() -> None:
    materials.released()
    with pytest.raises(ConflictError):
        materials.release(version_no="1.0.1")


def test_a_block_that_matters_more_is_released_with_its_new_risk() -> None:
    materials.released()
    materials.draft(Welcome=Risk.LEGAL)
    materials.release(version_no="1.0.1", notes="Judged anew.")

    def look() -> list[list[Risk]]:
        found = [blocks_of(each) for each in releases_of(work_by_code(CODE))]
        return [[each.risk for each in blocks if "Welcome" in each.text] for blocks in found]

    assert read(look) == [[Risk.LEGAL], [Risk.GENERAL]]


def test_two_who_write_the_same_draft_do_not_overwrite_each_other() -> None:
    materials.released()
    hub_id, manager = make.hub(), make.actor("materials_manager")
    values = {"markdown": "Another text.", "version": 7}
    with pytest.raises(StaleError):
        make.writing(hub_id, lambda: save_draft(manager, work_by_code(CODE), values=values))


@pytest.mark.parametrize("role", ["auditor", "integrity_lead", "country_liaison"])
def test_who_keeps_no_materials_writes_none(role: str) -> None:
    materials.work()
    somebody = make.actor(role)
    with pytest.raises(NotAllowedError):
        make.writing(make.hub(), lambda: save_draft(somebody, work_by_code(CODE), values={"markdown": "x"}))


def test_a_release_cannot_be_changed_even_by_the_program() -> None:
    materials.released()
    changed = sa.update(Release).values(notes="Something else.").returning(Release.id)
    removed = sa.delete(Document).returning(Document.id)
    assert make.writing(make.hub(), lambda: db.session.execute(changed).all()) == []
    assert make.writing(make.hub(), lambda: db.session.execute(removed).all()) == []


def test_everything_written_passes_its_own_wire_check() -> None:
    materials.released()

    def look() -> set[str]:
        rows = [(kind, row) for kind in KINDS for row in db.session.scalars(sa.select(kind.model))]
        assert [kind.name for kind, row in rows if not kind.accepts(kind.payload(row))] == []
        return {kind.name for kind, _row in rows}

    assert read(look) == {kind.name for kind in KINDS}


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return people.browser(app, people.person(Role.MATERIALS_MANAGER))


def send(client: FlaskClient, address: str, *, form: str | None = None, **values: Any) -> Any:
    return client.post(address, data={"csrf_token": people.token_of(client, form or address), **values})


def test_the_pages_lead_from_an_empty_catalogue_to_a_release(manager: FlaskClient) -> None:
    entered = {"title": "A guide", "code": "a-guide", "kind": "guide", "programme_type": "four_point"}
    answer = send(manager, "/materials", form="/materials/new", licence_class="open", points="urges", **entered)
    assert answer.headers["Location"] == "/materials/a-guide/text"
    send(manager, "/materials/a-guide/text", markdown=TEXT)
    assert text_of(manager, "/materials/a-guide/blocks").count('name="uid"') == 5
    send(manager, "/materials/a-guide/release", version_no="1.0.0", notes="First.", password_again=people.PASSWORD)
    assert "is current" in text_of(manager, "/materials/a-guide")


def test_an_empty_text_comes_back_with_its_sentence_and_what_was_entered(manager: FlaskClient) -> None:
    materials.work()
    answer = send(manager, f"/materials/{CODE}/text", markdown="Good.\n\n![a](b.png)")
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert "only bold, emphasis and links" in page
    assert "![a](b.png)</textarea>" in page


@pytest.fixture
def countries() -> dict[str, UUID]:
    return {"QM": make.member("QM", MemberState.LICENSED), "QN": make.member("QN")}


def test_who_is_not_licensed_gets_no_content_and_reads_why(app: Flask, countries: dict[str, UUID]) -> None:
    materials.released()
    materials.released("at-a-glance", licence=LicenceClass.OPEN)
    licensed = people.browser(app, people.person(Role.CHAIR, countries["QM"]))
    other = people.browser(app, people.person(Role.CHAIR, countries["QN"]))
    assert "Nobody has to speak" in text_of(licensed, f"/countries/QM/materials/{CODE}")
    assert "Needs an agreement" in text_of(other, "/countries/QN/materials")
    text_of(other, f"/countries/QN/materials/{CODE}", 404)
    assert "Nobody has to speak" in text_of(other, "/countries/QN/materials/at-a-glance")


def test_who_reads_an_old_release_is_told_of_the_newer_one(app: Flask, countries: dict[str, UUID]) -> None:
    materials.released()
    materials.draft(text=TEXT.replace("twice", "three times"))
    materials.release(version_no="1.0.1", notes="Three is better.")
    chair = people.browser(app, people.person(Role.CHAIR, countries["QM"]))
    page = text_of(chair, f"/countries/QM/materials/{CODE}?language=en&release=1.0.0")
    assert "A newer release exists; you are reading 1.0.0." in page
    assert "Say so twice" in page
    text_of(chair, f"/countries/QM/materials/{CODE}?release=9.0.0", 404)


def test_who_has_left_has_nothing_of_an_agreement_nobody_closed(countries: dict[str, UUID]) -> None:
    materials.released()
    member, today = countries["QM"], clock.today()

    def standing(on: date | None = None) -> Standing:
        return read(lambda: standing_of(member, work_by_code(CODE), on=on))

    assert standing() is Standing.COVERED
    for transition, expected in (
        (Transition.BEGIN_WITHDRAWAL, Standing.COVERED),
        (Transition.WITHDRAW, Standing.NO_AGREEMENT),
        (Transition.REAPPLY, Standing.NO_AGREEMENT),
    ):
        make.step(member, transition)
        assert standing() is expected
    later = clock.now() + timedelta(days=9)
    with clock.running(lambda: later):
        make.step(member, Transition.ACCEPT)
        assert (standing(), standing(today)) == (Standing.COVERED, Standing.NO_AGREEMENT)
