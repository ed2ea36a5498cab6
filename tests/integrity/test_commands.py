"""The standard from the command line."""

import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from sri_admin.integrity.commands import integrity
from sri_admin.integrity.models.standard import Criterion
from sri_admin.integrity.rules.edition import CRITERIA
from sri_admin.kernel import tenancy, transaction
from sri_admin.kernel.db import db
from tests.make import members as make


def test_the_standard_is_entered_and_entering_it_again_changes_nothing(app: Flask, database: sa.Connection) -> None:
    for _time in range(2):
        with app.app_context():
            answer = CliRunner().invoke(integrity, ["adopt"], catch_exceptions=False)
        assert (answer.exit_code, "0.1" in answer.output) == (0, True)
    with transaction.reading(tenancy.only(make.hub())):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Criterion)) == len(CRITERIA)
