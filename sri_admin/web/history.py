"""History as people read it: each recorded event told in a sentence by the part it comes from."""

from collections.abc import Iterable
from typing import Any

from sri_admin.kernel import runtime
from sri_admin.kernel.audit import AuditEntry
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.part import sentence_for


def told(entries: Iterable[AuditEntry]) -> list[dict[str, Any]]:
    """Return the items of a timeline: family, sentence, moment, actor by role."""
    return [item(entry.event, entry.values, entry.at, entry.role) for entry in entries]


def item(event: str, values: dict[str, Any], at: Any, role: str) -> dict[str, Any]:
    """Tell one event; a part answers with a sentence, or with a state family and a sentence."""
    tell = sentence_for(runtime.current().parts, event)
    answer = tell(values) if tell else _("Something was changed.")
    family, text = answer if isinstance(answer, tuple) else ("ended", answer)
    return {"family": family, "text": text, "when": at, "actor": role}
