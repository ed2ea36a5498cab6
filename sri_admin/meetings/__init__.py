"""Meetings: where and when people meet, whether a meeting still runs, and the log of each evening.

Owns community, meeting, meeting_event, meeting_past_schedule, meeting_leader and meeting_log. Whoever serves the member
writes communities and meetings, which travel; who leads a meeting and what came of an evening stay where they were
entered. Promises: the tree of communities has no circles; a meeting changes its state only by a step with its event
row; a log is numbers and codes, never a word about anybody; a later log of an evening takes the place of an earlier
one; "not counted" is never a zero; which evenings are expected follows from schedules and steps alone. Publishes
CommunityEntered, CommunityDescribed, MeetingEntered, MeetingDescribed, MeetingStepTaken, LeaderNamed, LeaderEnded,
MeetingLogged.
"""
