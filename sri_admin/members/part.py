"""What the part `members` brings to the house."""

from sri_admin.kernel.errors import ConflictError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import HUB, MenuEntry, Part
from sri_admin.members import commands, events, handlers, sync
from sri_admin.members.api import sheets as sheets_api
from sri_admin.members.jobs import cards
from sri_admin.members.jobs import exports as export_jobs
from sri_admin.members.jobs import imports as import_jobs
from sri_admin.members.models.agreement import RENEWED_ONCE
from sri_admin.members.models.territory import NO_OVERLAP
from sri_admin.members.pages import agreements, board, changes, closing, exports, files, imports, members, search
from sri_admin.members.policy import POLICY
from sri_admin.members.rules import words

_of_countries = (*members.pages.doors, *changes.pages.doors, *exports.pages.doors, *imports.pages.doors)
PART = Part(
    name="members",
    doors=(
        members.pages,
        changes.pages,
        agreements.pages,
        closing.pages,
        files.pages,
        board.pages,
        exports.pages,
        imports.pages,
        sheets_api.api,
    ),
    tasks=(*cards.TASKS, *export_jobs.TASKS, *import_jobs.TASKS),
    commands=(commands.import_, commands.export),
    handlers=handlers.HANDLERS,
    kinds=sync.KINDS,
    policy=POLICY,
    menu=(
        MenuEntry(
            label=_l("Countries"),
            endpoint="members.member_list",
            icon="globe",
            place=20,
            roles=HUB,
            shown=lambda actor: actor.is_staff,
            covers=frozenset(door.endpoint for door in _of_countries),
        ),
        MenuEntry(
            label=_l("Agreements"),
            endpoint="members.agreement_list",
            icon="file-earmark-text",
            place=30,
            roles=HUB,
            shown=lambda actor: actor.is_staff,
            covers=frozenset(
                door.endpoint for door in (*agreements.pages.doors, *closing.pages.doors, *files.pages.doors)
            ),
        ),
        *board.MENU,
    ),
    answers={"shell.place": board.place_name, "shell.tabs": members.tabs_of},
    sentences={
        events.MemberRegistered: words.tell_registered,
        events.MemberRegistrationWithdrawn: words.tell_withdrawn_registration,
        events.RowsImported: words.tell_imported,
        events.RowsTakenBack: words.tell_taken_back,
        events.TerritoryExtraRenamed: words.tell_extra_renamed,
        events.TerritoryExtraWithdrawn: words.tell_extra_withdrawn,
        events.MemberDescribed: words.tell_described,
        events.MemberMoved: words.tell_moved,
        events.MemberStateChanged: words.tell_step,
        events.MemberBlocked: words.tell_blocked,
        events.MemberUnblocked: words.tell_unblocked,
        events.LegalEntityEntered: words.tell_entity,
        events.TerritoryExtraEntered: words.tell_extra,
        events.MemberCardRefreshed: words.tell_card,
        events.AgreementOffered: words.tell_offered,
        events.AgreementSigned: words.tell_signed,
        events.AgreementAmended: words.tell_amended,
        events.AgreementWithdrawn: words.tell_withdrawn,
        events.AgreementTerminated: words.tell_terminated,
        events.AgreementEnded: words.tell_ended,
        events.AgreementFileAdded: words.tell_file_added,
        events.AgreementNoted: words.tell_noted,
        events.OfficeHolderEntered: words.tell_office_entered,
        events.OfficeHolderCorrected: words.tell_office_corrected,
        events.OfficeHolderEnded: words.tell_office_ended,
        events.OfficeHolderErased: words.tell_office_erased,
    },
    constraints={
        NO_OVERLAP: lambda: ConflictError(
            _l("One of these places already belongs to another exclusive agreement in that time."), code="place_taken"
        ),
        RENEWED_ONCE: lambda: ConflictError(_l("This agreement is renewed already."), code="renewed"),
        "uq_tenant_code": lambda: ConflictError(
            _l("Another country already has this code. A code is never used twice."), code="code_taken"
        ),
    },
    search=(search.countries, search.agreements, search.office_holders),
)
