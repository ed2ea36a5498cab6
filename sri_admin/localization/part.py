"""What the part `localization` brings to the house."""

from sri_admin.kernel.part import Part
from sri_admin.localization import events, sync
from sri_admin.localization.api import api
from sri_admin.localization.pages import deciding, panel, workbench
from sri_admin.localization.pages.waiting import work_of
from sri_admin.localization.policy import POLICY
from sri_admin.localization.queries.grants import readable_streams
from sri_admin.localization.rules import words

PART = Part(
    name="localization",
    doors=(workbench.pages, deciding.pages, api),
    kinds=sync.KINDS,
    policy=POLICY,
    menu=workbench.MENU,
    answers={
        "federation.readable": readable_streams,
        "overview.work": work_of,
        "members.standing_panel": panel.panel_of,
        "shell.tabs": panel.tabs_of,
    },
    sentences={
        events.LanguageGranted: words.tell_granted,
        events.SegmentTranslated: words.tell_translated,
        events.SegmentReviewed: words.tell_reviewed,
        events.SegmentDecided: words.tell_decided,
        events.TermEntered: words.tell_term,
    },
)
