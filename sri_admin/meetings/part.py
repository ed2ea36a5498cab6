"""What the part `meetings` brings to the house."""

from sri_admin.kernel.part import Part
from sri_admin.meetings import events, sync
from sri_admin.meetings.api import api
from sri_admin.meetings.pages import entering, leaders, logs, meetings, month, search, waiting
from sri_admin.meetings.policy import POLICY
from sri_admin.meetings.rules import words

PART = Part(
    name="meetings",
    doors=(leaders.pages, entering.pages, logs.pages, month.pages, api),
    kinds=sync.KINDS,
    policy=POLICY,
    menu=meetings.MENU,
    search=(search.meetings,),
    answers={
        "overview.work": waiting.work_of,
        "overview.home": waiting.home_of,
        "shell.tabs": waiting.tabs_of,
        "members.standing_panel": waiting.panel_of,
    },
    sentences={
        events.CommunityEntered: words.tell_community,
        events.CommunityDescribed: words.tell_community_described,
        events.MeetingEntered: words.tell_meeting,
        events.MeetingDescribed: words.tell_described,
        events.MeetingStepTaken: words.tell_step,
        events.LeaderNamed: words.tell_leader,
        events.LeaderEnded: words.tell_leader_ended,
        events.MeetingLogged: words.tell_logged,
    },
)
