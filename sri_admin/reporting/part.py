"""What the part `reporting` brings to the house."""

from sri_admin.kernel.part import Part
from sri_admin.reporting import commands, events, handlers, jobs, sync
from sri_admin.reporting.pages import board, deciding
from sri_admin.reporting.pages.waiting import work_of
from sri_admin.reporting.policy import POLICY
from sri_admin.reporting.rules import words

PART = Part(
    name="reporting",
    doors=(board.pages, deciding.pages),
    commands=(commands.reporting,),
    tasks=jobs.TASKS,
    handlers=handlers.HANDLERS,
    kinds=sync.KINDS,
    policy=POLICY,
    menu=(*board.MENU, *deciding.MENU),
    answers={"overview.work": work_of},
    sentences={
        events.CatalogueEntered: words.tell_catalogue,
        events.ReturnProposed: words.tell_proposed,
        events.ReturnGivenBack: words.tell_given_back,
        events.ReturnApproved: words.tell_approved,
        events.ReturnReceived: words.tell_received,
        events.ReturnDecided: words.tell_decided,
        events.CorrectionAsked: words.tell_asked,
        events.CorrectionDecided: words.tell_answered,
    },
)
