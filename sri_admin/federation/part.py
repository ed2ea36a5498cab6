"""What the exchange brings to the house, declared like a part."""

from sri_admin.federation import events, joining_commands, joining_files, report, restored, soundness, streams, told
from sri_admin.federation.api import api
from sri_admin.federation.bundle import commands as bundle_commands
from sri_admin.federation.bundle import jobs as bundle_jobs
from sri_admin.federation.bundle.pages import pages as stick_pages
from sri_admin.federation.handover.pages import pages as handover_pages
from sri_admin.federation.jobs import TASKS
from sri_admin.federation.joining_pages import pages as joining_pages
from sri_admin.federation.key_commands import node
from sri_admin.federation.key_pages import pages as key_pages
from sri_admin.federation.pages import pages, panel_of
from sri_admin.federation.policy import POLICY
from sri_admin.federation.recovery import salvage
from sri_admin.federation.recovery.pages import may_see
from sri_admin.federation.recovery.pages import pages as recovery_pages
from sri_admin.federation.snapshots import jobs as snapshot_jobs
from sri_admin.federation.snapshots.pages import pages as snapshot_pages
from sri_admin.federation.sync import KINDS
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.installation import InstallationResumed, WentOnAlone
from sri_admin.kernel.part import HUB, NODE, MenuEntry, Part

assert bundle_commands.bundle.name  # they stand below `node`
assert joining_commands.join.name


def _sees_salvage(actor: Actor) -> bool:
    return may_see(actor) and bool(salvage.counts())


def _count_salvage(_actor: Actor) -> int:
    return sum(salvage.counts().values())


def _sees_handover(actor: Actor) -> bool:
    # Staff come to it from the node it is about.
    allowed = not actor.is_staff and any(
        POLICY.allows(actor, "federation.handover.see", each.member_id) for each in actor.mandates
    )
    return allowed and streams.is_any_closing()


_GROUP = _l("This installation")
_STICKS = ("sticks.stick_list", "sticks.stick_new", "sticks.stick_show")


def _sees_nodes(actor: Actor) -> bool:
    return POLICY.allows(actor, "federation.node.list")


def _sees_connection(actor: Actor) -> bool:
    return actor.account_id is not None and any(
        POLICY.allows(actor, "federation.connection.see", each.member_id) for each in actor.mandates
    )


FEDERATION = Part(
    name="federation",
    doors=(
        pages,
        joining_pages,
        key_pages,
        stick_pages,
        restored.pages,
        recovery_pages,
        handover_pages,
        snapshot_pages,
        api,
    ),
    commands=(node,),
    tasks=(*TASKS, *joining_files.TASKS, *bundle_jobs.TASKS, *snapshot_jobs.TASKS),
    kinds=KINDS,
    policy=POLICY,
    menu=(
        MenuEntry(
            label=_l("Connections"),
            endpoint="federation.node_list",
            icon="arrow-left-right",
            place=90,
            group=_GROUP,
            roles=HUB,
            shown=_sees_nodes,
            count=report.count_pending,
            covers=frozenset(
                {
                    "federation.node_show",
                    "federation.enrolment_show",
                    "federation.code_issue",
                    "keys.hub_keys",
                    "keys.withdrawal",
                    "snapshots.snapshot_list",
                    *_STICKS,
                }
            ),
        ),
        MenuEntry(
            label=_l("Connection"),
            endpoint="federation.connection_show",
            icon="arrow-left-right",
            place=90,
            group=_GROUP,
            roles=NODE,
            shown=_sees_connection,
            count=report.count_set_aside,
            covers=frozenset({"keys.node_keys", "snapshots.snapshot_list", *_STICKS}),
        ),
        MenuEntry(
            label=_l("Handing over"),
            endpoint="handover.handover_show",
            icon="arrow-left-right",
            place=91,
            group=_GROUP,
            shown=_sees_handover,
        ),
        MenuEntry(
            label=_l("Written before a restore"),
            endpoint="recovery.salvage_list",
            icon="file-earmark-text",
            place=92,
            group=_GROUP,
            shown=_sees_salvage,
            count=_count_salvage,
        ),
    ),
    answers={
        "shell.sync": report.shell_sync,
        "shell.silence": report.shell_silence,
        "members.standing_panel": panel_of,
    },
    checks=soundness.CHECKS,
    heads=soundness.HEADS,
    sentences={
        InstallationResumed: told.installation_resumed,
        WentOnAlone: told.went_on_alone,
        events.CodeIssued: told.code_issued,
        events.NodeApproved: told.node_approved,
        events.NodeCameBack: told.node_came_back,
        events.EnrolmentRefused: told.enrolment_refused,
        events.NodeEnrolled: told.node_enrolled,
        events.NodeFenced: told.node_fenced,
        events.KeyPublished: told.key_published,
        events.WriterGranted: told.writer_granted,
        events.BoxKeyPublished: told.box_key_published,
        events.IncarnationAnnounced: told.incarnation_announced,
        events.IncarnationKept: told.incarnation_kept,
        events.HubWentOn: told.hub_went_on,
        events.SalvageTaken: told.salvage_taken,
        events.SalvageDismissed: told.salvage_dismissed,
        events.HandOverBegan: told.hand_over_began,
        events.HandOverCancelled: told.hand_over_cancelled,
        events.HandOverCompleted: told.hand_over_completed,
        events.NodeReclaimed: told.node_reclaimed,
        events.KeysWithdrawn: told.keys_withdrawn,
        events.NodeWithdrawn: told.node_withdrawn,
        events.RootPublished: told.root_published,
        events.ControlKeyEnded: told.control_key_ended,
        events.KeyRotated: told.key_rotated,
        events.RotationBegun: told.rotation_begun,
        events.SnapshotAgreed: told.snapshot_agreed,
        events.FloorSet: told.floor_set,
    },
)
