"""What the part `integrity` brings to the house."""

from sri_admin.integrity import commands, events, handlers, jobs, sync
from sri_admin.integrity.api import api
from sri_admin.integrity.pages import answering, reviewing, rounds, signing
from sri_admin.integrity.pages.waiting import work_of
from sri_admin.integrity.policy import POLICY
from sri_admin.integrity.rules import words
from sri_admin.kernel.part import Part

PART = Part(
    name="integrity",
    doors=(rounds.pages, answering.pages, signing.pages, reviewing.pages, api),
    commands=(commands.integrity,),
    tasks=jobs.TASKS,
    handlers=handlers.HANDLERS,
    kinds=sync.KINDS,
    policy=POLICY,
    menu=(*rounds.MENU, *answering.MENU),
    answers={"overview.work": work_of},
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
    },
)
