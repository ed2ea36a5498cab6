"""History of the exchange in sentences."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sri_admin.federation import key_words, words
from sri_admin.kernel import formats
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import ngettext

Told = tuple[str, str]


def code_issued(_values: Mapping[str, Any]) -> Told:
    """Tell that a code was made."""
    return "doing", _("A code was made with which this country can connect a node of its own.")


def node_approved(values: Mapping[str, Any]) -> Told:
    """Tell that a node was approved."""
    return "good", _(
        "A node of their own was approved. The digits of its key: %(digits)s", digits=values["fingerprint"]
    )


def node_came_back(values: Mapping[str, Any]) -> Told:
    """Tell that a node was let in again."""
    return "good", _(
        "A node that the restored hub did not know was let in again. The digits of its key: %(digits)s",
        digits=values["fingerprint"],
    )


def enrolment_refused(values: Mapping[str, Any]) -> Told:
    """Tell that a request was turned down."""
    return "ended", _(
        "A request to connect a node was turned down. Its digits: %(digits)s", digits=values["fingerprint"]
    )


def node_enrolled(_values: Mapping[str, Any]) -> Told:
    """Tell that this installation was connected."""
    return "good", _("This installation was connected with the hub.")


def node_fenced(values: Mapping[str, Any]) -> Told:
    """Tell that a node was stopped."""
    return "stop", str(words.trouble(values["code"]).wrong)


def key_published(_values: Mapping[str, Any]) -> Told:
    """Tell that a key was published."""
    return "doing", _("The key of a node was published.")


def writer_granted(values: Mapping[str, Any]) -> Told:
    """Tell that a node may write for its member."""
    return "doing", _("A node now writes: %(what)s.", what=str(words.stream_name(values["stream"])))


def box_key_published(_values: Mapping[str, Any]) -> Told:
    """Tell that a key for bundles was published."""
    return "doing", _("The key that locks sticks for an installation was published.")


def installation_resumed(_values: Mapping[str, Any]) -> Told:
    """Tell that a restored installation is in use again."""
    return "good", _("After the restore both sides have spoken; this installation is in use again.")


def went_on_alone(values: Mapping[str, Any]) -> Told:
    """Tell that a restored installation goes on alone."""
    return "soon", _("After the restore it was decided to go on alone. The reason: %(reason)s", reason=values["reason"])


def incarnation_announced(_values: Mapping[str, Any]) -> Told:
    """Tell that a node came back from an earlier day."""
    return "doing", _("The node was restored and goes on from what the hub holds.")


def incarnation_kept(values: Mapping[str, Any]) -> Told:
    """Tell which copy of a node goes on."""
    return "doing", _("One copy of the node was chosen to go on. The reason: %(reason)s", reason=values["reason"])


def hub_went_on(values: Mapping[str, Any]) -> Told:
    """Tell that the hub came back from an earlier day."""
    return "doing", _("The hub was restored and goes on. The reason: %(reason)s", reason=values["reason"])


def salvage_taken(values: Mapping[str, Any]) -> Told:
    """Tell that a record of before a restore stands again."""
    return "good", _("What was written before a restore was taken over: %(what)s.", what=values["kind"])


def salvage_dismissed(values: Mapping[str, Any]) -> Told:
    """Tell that a record of before a restore was left out."""
    return "ended", _("What was written before a restore was left out. The reason: %(reason)s", reason=values["reason"])


def hand_over_began(_values: Mapping[str, Any]) -> Told:
    """Tell that records are being handed over."""
    return "doing", _("The records of this country are being handed over. Until that is done they can only be read.")


def hand_over_cancelled(values: Mapping[str, Any]) -> Told:
    """Tell that a hand-over was called off."""
    return "ended", _("The hand-over was called off. The reason: %(reason)s", reason=values["reason"])


def hand_over_completed(_values: Mapping[str, Any]) -> Told:
    """Tell that the other side writes now."""
    return "good", _("The records were handed over and are written at the other side now.")


def node_reclaimed(values: Mapping[str, Any]) -> Told:
    """Tell that a node was given up."""
    return "stop", _("The node was given up; the hub writes again. The reason: %(reason)s", reason=values["reason"])


def key_rotated(values: Mapping[str, Any]) -> Told:
    """Tell that a new key took the place of an old one."""
    return "doing", _(
        "A new key of a node took the place of the old one: %(new)s instead of %(old)s.",
        new=values["kid"],
        old=values["old_kid"],
    )


def rotation_begun(values: Mapping[str, Any]) -> Told:
    """Tell that new keys were made."""
    return "doing", _("New keys were made here: %(key)s. They wait for the hub to confirm them.", key=values["kid"])


def keys_withdrawn(values: Mapping[str, Any]) -> Told:
    """Tell that a node's keys were withdrawn."""
    return "stop", _("The keys of a node were withdrawn: %(why)s.", why=key_words.reason(values["reason"]))


def node_withdrawn(values: Mapping[str, Any]) -> Told:
    """Tell, for the member, that its node was stopped."""
    return "stop", _(
        "The country's own node was stopped and its keys withdrawn: %(why)s.", why=key_words.reason(values["reason"])
    )


def root_published(values: Mapping[str, Any]) -> Told:
    """Tell that a root came into force."""
    return "doing", _("Version %(version)s of the root came into force.", version=values["version"])


def control_key_ended(values: Mapping[str, Any]) -> Told:
    """Tell that the hub has a new key."""
    return "doing", _(
        "A new key of the hub took the place of the old one: %(new)s instead of %(old)s.",
        new=values["next_kid"],
        old=values["kid"],
    )


def snapshot_agreed(values: Mapping[str, Any]) -> Told:
    """Tell that a fresh copy was let stand although it removes many records."""
    return "doing", ngettext(
        "A fresh copy was agreed to although it removes %(num)s record: %(what)s. The reason: %(reason)s",
        "A fresh copy was agreed to although it removes %(num)s records: %(what)s. The reason: %(reason)s",
        values["removes"],
        num=values["removes"],
        what=str(words.stream_name(values["stream"])),
        reason=values["reason"],
    )


def floor_set(values: Mapping[str, Any]) -> Told:
    """Tell from which day on nodes must read a version of a kind."""
    return "doing", _(
        "From %(day)s on, nodes must read version %(version)s of %(kind)s.",
        day=formats.date_long(date.fromisoformat(values["starts_on"])),
        version=formats.number(values["lowest"]),
        kind=values["kind"],
    )
