"""What the part `reporting` brings to the house."""

from sri_admin.kernel.part import Part
from sri_admin.reporting import commands, events, handlers, jobs, sync
from sri_admin.reporting.api import api
from sri_admin.reporting.pages import board, deciding, statistics
from sri_admin.reporting.pages.panel import panel_of, tabs_of
from sri_admin.reporting.pages.waiting import work_of
from sri_admin.reporting.policy import POLICY
from sri_admin.reporting.rules import words

PART = Part(
    name="reporting",
    doors=(board.pages, deciding.pages, statistics.pages, api),
    commands=(commands.reporting,),
    tasks=jobs.TASKS,
    handlers=handlers.HANDLERS,
    kinds=sync.KINDS,
    policy=POLICY,
    menu=(*board.MENU, *deciding.MENU, *statistics.MENU),
    answers={"overview.work": work_of, "members.standing_panel": panel_of, "shell.tabs": tabs_of},
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
