"""What the part `integrity` brings to the house."""

from sri_admin.integrity import commands, events, handlers, jobs, sync
from sri_admin.integrity.api import api
from sri_admin.integrity.models.finding import PLACE
from sri_admin.integrity.pages import answering, evidence, findings, panel, reviewing, rounds, signing, verifying
from sri_admin.integrity.pages.waiting import work_of
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.rules import finding_words, words
from sri_admin.kernel.errors import ConflictError
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import Part

PART = Part(
    name="integrity",
    doors=(
        rounds.pages,
        answering.pages,
        evidence.pages,
        signing.pages,
        reviewing.pages,
        findings.pages,
        verifying.pages,
        api,
    ),
    commands=(commands.integrity,),
    tasks=jobs.TASKS,
    handlers=handlers.HANDLERS,
    kinds=sync.KINDS,
    policy=POLICY,
    menu=(*rounds.MENU, *answering.MENU, *findings.MENU, *verifying.MENU),
    answers={
        "overview.work": work_of,
        "members.standing_panel": panel.panel_of,
        "shell.tabs": panel.tabs_of,
    },
    search=(panel.find_findings,),
    sentences={
        events.EditionAdopted: words.tell_adopted,
        events.CycleOpened: words.tell_opened,
        events.CycleClosed: words.tell_closed,
        events.MemberCalled: words.tell_called,
        events.AnswerKept: words.tell_answer,
        events.EvidenceAdded: words.tell_evidence,
        events.AssessmentProposed: words.tell_proposed,
        events.AssessmentGivenBack: words.tell_given_back,
        events.AssessmentSignedOff: words.tell_signed,
        events.ItemReviewed: words.tell_reviewed,
        events.AssessmentStepped: words.tell_stepped,
        events.FindingIssued: finding_words.tell_issued,
        events.FindingStepped: finding_words.tell_stepped,
        events.FindingReplied: finding_words.tell_replied,
        events.ActionPlanned: finding_words.tell_planned,
        events.ActionReported: finding_words.tell_reported,
    },
    constraints={
        PLACE: lambda: ConflictError(_l("Somebody was faster. Look at the finding again."), code="faster"),
    },
)
