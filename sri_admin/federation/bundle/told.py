"""What was written and what was read, in a sentence."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sri_admin.federation import words
from sri_admin.federation.bundle.box import BundleError
from sri_admin.kernel import formats
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext


def written(made: Mapping[str, Any]) -> str:
    """Say what lies on the stick now; `made` is a `Written` for machines."""
    if made["troubles"]:
        return _("Written, but a part stayed behind: the two histories do not agree there. Tell SRI.")
    if made["more"]:
        return _("Written. There was too much for one; write another when the answer to this one has come.")
    if not made["changes"] and made["carried"]:
        return ngettext(
            "Written: %(num)s file of a record. Take everything to the other side.",
            "Written: %(num)s files of records. Take everything to the other side.",
            made["carried"],
            num=made["carried"],
        )
    if not made["changes"]:
        return _("Written. Nothing new waits; it says where this side stands.")
    return ngettext(
        "Written: %(num)s change. Take every file to the other side.",
        "Written: %(num)s changes. Take every file to the other side.",
        made["changes"],
        num=made["changes"],
    )


def taken(found: Mapping[str, Any], at: datetime) -> str:
    """Say what a stick brought that was written at a moment; `found` is a `Taken` for machines."""
    if found["code"] is not None:
        reasons = words.trouble(found["code"])
        return f"{reasons.wrong} {reasons.todo} ({found['code']}: {found['detail']})"
    said = _brought(found, formats.date_and_time(at))
    return f"{said} {_('Both sides agree again; everybody can write.')}" if found.get("resumed") else said


def _brought(found: Mapping[str, Any], when: str) -> str:
    files, changes = found["files"], found["changes"]
    if not changes and files:
        return ngettext(
            "%(num)s file of a record taken. It was written on %(when)s.",
            "%(num)s files of records taken. It was written on %(when)s.",
            files,
            num=files,
            when=when,
        )
    if not changes:
        return _("Nothing was new. It was written on %(when)s.", when=when)
    return ngettext(
        "%(num)s change taken. It was written on %(when)s.",
        "%(num)s changes taken. It was written on %(when)s.",
        changes,
        num=changes,
        when=when,
    )


def refused(error: BundleError) -> str:
    """Say why a bundle was refused, which file or volume it is about, and what to do."""
    return f"{wrong(error.code, error.facts)} {words.trouble(error.code).todo} ({error.code})"


def wrong(code: str, facts: Mapping[str, str | int]) -> str:
    """Say what is wrong with a bundle, and which file or volume it is about."""
    said = [str(words.trouble(code).wrong)]
    if "volumes" in facts:
        said.append(_("It is about volume %(volumes)s of %(total)s.", **facts))
    if "file" in facts:
        said.append(_("It is about the file %(file)s.", **facts))
    return " ".join(said)
