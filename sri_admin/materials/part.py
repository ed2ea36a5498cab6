"""What the part `materials` brings to the house."""

from sri_admin.kernel.part import Part
from sri_admin.materials import events, sync
from sri_admin.materials.api import api
from sri_admin.materials.pages import catalogue, drafts, panel, works
from sri_admin.materials.policy import POLICY
from sri_admin.materials.queries.entitlement import readable_streams
from sri_admin.materials.rules import words

PART = Part(
    name="materials",
    doors=(works.pages, drafts.pages, catalogue.pages, api),
    kinds=sync.KINDS,
    policy=POLICY,
    menu=catalogue.MENU,
    answers={
        "federation.readable": readable_streams,
        "members.standing_panel": panel.panel_of,
        "shell.tabs": panel.tabs_of,
    },
    search=(panel.find_works,),
    sentences={
        events.WorkEntered: words.tell_work_entered,
        events.DraftSaved: words.tell_draft_saved,
        events.DraftJudged: words.tell_draft_judged,
        events.ReleaseMade: words.tell_released,
        events.ReleaseKeyMade: words.tell_key,
    },
)
