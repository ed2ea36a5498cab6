"""Whether this process lives, whether it can serve, and its numbers."""

from typing import Any

import sqlalchemy as sa
from flask import Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from sri_admin.kernel import database, i18n, installation, metrics, transaction
from sri_admin.kernel.errors import AppError
from sri_admin.web.api import Api
from sri_admin.web.doors import Audience

api = Api("health")


@api.raw("/healthz", method="GET", audience=Audience.PUBLIC)
def alive(_actor: Any) -> Response:
    """Say that the process answers."""
    return jsonify(status="alive")


@api.raw("/readyz", method="GET", audience=Audience.PUBLIC)
def ready(_actor: Any) -> Response:
    """Say whether database, tables and identity are as they must be."""
    checks = {"database": _database(), "identity": _identity()}
    response = jsonify(status="ready" if all(checks.values()) else "not_ready", **checks)
    response.status_code = 200 if all(checks.values()) else 503
    return response


@api.raw("/metrics", method="GET", audience=Audience.OPERATOR)
def numbers(_actor: Any) -> Response:
    """Give the numbers to Prometheus; only to callers on this machine."""
    metrics.missing_translations.set(sum(i18n.missing.values()))
    return Response(metrics.exposition(), mimetype="text/plain")


def _database() -> bool:
    try:
        with transaction.apart() as session:
            session.execute(sa.text("select 1"))
        return database.is_current()
    except SQLAlchemyError:
        return False


def _identity() -> bool:
    try:
        return installation.identity() is not None
    except (AppError, SQLAlchemyError):
        return False
