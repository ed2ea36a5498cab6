"""What `people` brings to the house."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from sri_admin.kernel.actor import Actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.i18n import gettext_lazy as _l
from sri_admin.kernel.part import MenuEntry, Part
from sri_admin.people import events
from sri_admin.people.api import api
from sri_admin.people.commands import people
from sri_admin.people.jobs import TASKS
from sri_admin.people.operations.access import sign_in_name_taken
from sri_admin.people.pages.access import pages as access_pages
from sri_admin.people.pages.access import panel_of
from sri_admin.people.pages.account import pages as account_pages
from sri_admin.people.pages.programs import pages as program_pages
from sri_admin.people.pages.second_step import pages as second_step_pages
from sri_admin.people.pages.sign_in import pages as sign_in_pages
from sri_admin.people.policy import POLICY
from sri_admin.people.rules import ROLE_NAMES, role_name


def _sees_people(actor: Actor) -> bool:
    # Staff find the people of the hub under Settings; here are the people of one's own country.
    return bool(actor.mandates) and not actor.is_staff and POLICY.allows(actor, "people.access.read", _home(actor))


def _sees_settings(actor: Actor) -> bool:
    return POLICY.allows(actor, "people.settings.read")


def _home(actor: Actor) -> Any:
    return actor.mandates[0].member_id


def _people_url(_actor: Actor) -> str:
    return url_for("people.people_own")


def _granted(values: Mapping[str, Any]) -> tuple[str, str]:
    return "good", _("A role was given: %(role)s.", role=str(role_name(values["role"])))


def _extended(values: Mapping[str, Any]) -> tuple[str, str]:
    return "good", _("The last day of a role was changed: %(role)s.", role=str(role_name(values["role"])))


def _ended(values: Mapping[str, Any]) -> tuple[str, str]:
    return "ended", _("A role was taken away: %(role)s.", role=str(role_name(values["role"])))


SENTENCES = {
    events.PersonInvited: lambda _values: ("doing", _("Somebody was invited.")),
    events.LinkIssued: lambda _values: ("doing", _("A one-time link was made.")),
    events.PasswordSet: lambda _values: ("good", _("A password was set with a one-time link.")),
    events.PasswordChanged: lambda _values: ("good", _("The password was changed.")),
    events.PasswordConfirmed: lambda _values: ("good", _("The password was given again.")),
    events.SecondStepSet: lambda _values: ("good", _("The second step at sign-in was set up.")),
    events.SecondStepRemoved: lambda _values: ("ended", _("The second step at sign-in was taken off.")),
    events.RecoveryCodesMade: lambda _values: ("doing", _("New codes for paper were made.")),
    events.RecoveryCodeUsed: lambda _values: ("soon", _("Signed in with a code on paper.")),
    events.SignedIn: lambda _values: ("good", _("Signed in.")),
    events.SignedOut: lambda _values: ("ended", _("Signed out.")),
    events.ProgramKeyMade: lambda _values: ("doing", _("A key for a program was made.")),
    events.ProgramKeysEnded: lambda _values: ("ended", _("Keys for programs were withdrawn.")),
    events.PreferencesChanged: lambda _values: ("good", _("Language or theme was changed.")),
    events.AccountBlocked: lambda _values: ("pause", _("The account was blocked.")),
    events.AccountUnblocked: lambda _values: ("good", _("The account was opened again.")),
    events.AccountErased: lambda _values: ("ended", _("Everything kept about this person was erased.")),
    events.MandateGranted: _granted,
    events.MandateExtended: _extended,
    events.MandateEnded: _ended,
}

PART = Part(
    name="people",
    doors=(sign_in_pages, second_step_pages, account_pages, program_pages, access_pages, api),
    commands=(people,),
    tasks=TASKS,
    policy=POLICY,
    menu=(
        MenuEntry(
            label=_l("People"),
            endpoint="people.access_list",
            icon="people",
            place=40,
            group=_l("Our body"),
            shown=_sees_people,
            url=_people_url,
            covers=frozenset(
                {"people.invite_form", "people.person_show", "people.person_forget", "people.access_end_form"}
            ),
        ),
        MenuEntry(
            label=_l("Settings"),
            endpoint="people.settings",
            icon="gear",
            place=95,
            group=_l("This installation"),
            shown=_sees_settings,
        ),
    ),
    answers={"members.standing_panel": panel_of, "shell.roles": lambda _member_id, _on: ROLE_NAMES},
    sentences=SENTENCES,
    constraints={"uq_account_sign_in_name": sign_in_name_taken},
)
