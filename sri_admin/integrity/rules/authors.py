"""Who gave what stands in an answer: nobody signs off anything of their own, whoever adds to it afterwards."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sri_admin.integrity.rules.answers import Answer


def parts_of(
    *, answer: Answer | None, reason: str | None, statement: str | None, evidence: Collection[UUID]
) -> dict[str, Any]:
    """Give everything somebody gives to a criterion a name; what is empty does not stand."""
    told = {"answer": answer, "reason": reason, "statement": statement}
    return {name: value for name, value in told.items() if value} | {str(each): each for each in evidence}


def given_by(
    before: Mapping[str, Any], after: Mapping[str, Any], *, known: Mapping[str, str], by: str
) -> dict[str, str]:
    """Return who gave each part that stands now: what somebody did not change stays with whoever gave it."""
    return {name: known[name] if name in known and before.get(name) == value else by for name, value in after.items()}
