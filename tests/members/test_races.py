"""Two people sign for the same place at the same moment: real commits on a database of its own."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID

import sqlalchemy as sa
from flask import Flask

from sri_admin.kernel import clock, postgres, tenancy, transaction
from sri_admin.kernel.db import db
from sri_admin.kernel.errors import ConflictError
from sri_admin.members.models.agreement import Agreement
from sri_admin.members.models.territory import MemberTerritory
from sri_admin.members.operations.agreements import sign_agreement
from tests.conftest import new_installation, settings_for
from tests.make import members as make


def test_of_two_who_sign_for_one_place_at_once_one_wins_and_the_other_is_told(
    cluster: postgres.Cluster, template: str, tmp_path: Path
) -> None:
    app = new_installation(cluster, template, "sri_race", settings_for("hub", tmp_path))
    with app.app_context():
        pairs = [(each, make.offered(each, territories=["QS-E"])) for each in (make.member("QM"), make.member("QN"))]
        barrier = Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(lambda pair: _sign(app, barrier, *pair), pairs))
        with transaction.reading(tenancy.everywhere([member for member, _agreement in pairs])):
            assert len(db.session.scalars(sa.select(MemberTerritory)).all()) == 1
        db.engine.dispose()
    assert sorted(outcomes) == ["place_taken", "signed"]


def _sign(app: Flask, barrier: Barrier, member_id: UUID, agreement_id: UUID) -> str:
    with app.app_context():
        director, meetings = make.actor(), [barrier]

        def sign() -> None:
            agreement = db.session.get_one(Agreement, (member_id, agreement_id))
            sign_agreement(director, agreement, values={"signed_on": clock.today()})
            db.session.flush()
            if meetings:  # a second try after a lost race goes ahead alone
                meetings.pop().wait(10)

        try:
            transaction.write(tenancy.only(member_id), sign)
        except ConflictError as refused:
            return refused.stable_code
        return "signed"
