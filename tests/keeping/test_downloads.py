"""The log of downloads: every country for SRI, its own for a board, nothing for anybody else."""

import re
from html import unescape
from uuid import UUID, uuid4

import pytest
from flask import Flask

from sri_admin.kernel import actor, download_log
from sri_admin.members.rules.member import MemberState
from sri_admin.people.rules import Role
from tests.make import members as make
from tests.make import people

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def countries() -> dict[str, UUID]:
    """Two countries whose chairs each took a file."""
    found = {code: make.member(code, MemberState.LICENSED) for code in ("QM", "QN")}
    for code, member_id in found.items():
        chair = people.person(Role.CHAIR, member_id, display_name=f"The chair of {code}")
        download_log.note(chair.actor, "ab" * 32, member_id)
    return found


def page(app: Flask, who: people.Person, status: int = 200) -> str:
    answer = people.browser(app, who).get("/downloads")
    assert answer.status_code == status
    return re.sub("[\u2068\u2069]", "", unescape(answer.get_data(as_text=True)))


def test_a_board_sees_its_own_and_sri_sees_all(app: Flask, countries: dict[str, UUID]) -> None:
    board = page(app, people.person(Role.MEMBER_ADMINISTRATOR, countries["QM"]))
    sri = page(app, people.person(Role.DATA_OFFICER))
    names = [f"The chair of {code}" for code in countries]
    assert [name in board for name in names] == [True, False]
    assert all(name in sri for name in names)


def test_somebody_of_sri_is_not_named_to_a_board_and_a_node_is_told_apart(
    app: Flask, countries: dict[str, UUID]
) -> None:
    director = people.person(Role.SRI_DIRECTOR, display_name="A director")
    download_log.note(director.actor, "cd" * 32, countries["QM"])
    download_log.note(actor.Actor(label=f"node:{uuid4()}", kind="node"), "cd" * 32, countries["QM"])
    shown = page(app, people.person(Role.CHAIR, countries["QM"]))
    assert ("A director" in shown, f"Somebody else ({director.label})" in shown) == (False, True)
    assert "The node of the country" in shown


@pytest.mark.parametrize("role", [Role.FACILITATOR, Role.COORDINATOR])
def test_others_do_not_see_it(app: Flask, countries: dict[str, UUID], role: Role) -> None:
    page(app, people.person(role, countries["QM"]), status=403)
