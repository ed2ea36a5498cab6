"""Where the house is put together: settings, kernel, web, federation and the parts in floor order."""

from collections.abc import Sequence

from flask import Flask

from sri_admin.federation import control, journal, tokens
from sri_admin.federation.part import FEDERATION
from sri_admin.integrity.part import PART as INTEGRITY
from sri_admin.keeping.part import PART as KEEPING
from sri_admin.kernel import audit, database, installation, jobs, part, runtime
from sri_admin.kernel.part import Part
from sri_admin.kernel.settings import Settings
from sri_admin.localization.part import PART as LOCALIZATION
from sri_admin.materials.part import PART as MATERIALS
from sri_admin.meetings.part import PART as MEETINGS
from sri_admin.members.part import PART as MEMBERS
from sri_admin.overview.part import PART as OVERVIEW
from sri_admin.people.operations import programs, sessions
from sri_admin.people.part import PART as PEOPLE
from sri_admin.people.queries import signing_in
from sri_admin.program.part import PART as PROGRAM
from sri_admin.reporting.part import PART as REPORTING
from sri_admin.web import lifecycle
from sri_admin.web.visit import Loaders

PARTS: tuple[Part, ...] = (
    FEDERATION,
    PEOPLE,
    PROGRAM,
    MEMBERS,
    MATERIALS,
    MEETINGS,
    LOCALIZATION,
    REPORTING,
    INTEGRITY,
    KEEPING,
    OVERVIEW,
)
LOADERS = Loaders(
    session=signing_in.signed_in,
    node=tokens.node_actor,
    confirm=sessions.confirm_password,
    program=programs.come_in_with_key,
)


def create_app(settings: Settings, *, found: database.Addresses | None = None, parts: Sequence[Part] = PARTS) -> Flask:
    """Put one installation together; `found` are its database's addresses, looked up in the settings if absent."""
    found = found or database.addresses(settings.database)
    app = Flask("sri_admin", static_folder=None)
    app.extensions[runtime.EXTENSION] = wire(settings, parts)
    database.attach(app, found, settings.database)
    jobs.attach(app, found.app)
    lifecycle.attach(app, LOADERS)
    return app


def wire(settings: Settings, parts: Sequence[Part]) -> runtime.Runtime:
    """Join what the parts declare into one wiring for this role."""
    role = settings.installation.role
    return runtime.Runtime(
        settings=settings,
        parts=parts,
        handlers=part.gathered(parts, "handlers"),
        tail_steps=(audit.seal, journal.append),
        tasks={task.name: task for each in parts for task in each.tasks if role in task.roles},
        kinds=tuple(kind for each in parts for kind in each.kinds),
        constraints={name: make for each in parts for name, make in each.constraints.items()},
        answers=part.gathered(parts, "answers"),
    )


def prepare(app: Flask) -> None:
    """Bring the tables up to date and give a new installation its identity, keys and streams. Safe to repeat."""
    with app.app_context():
        database.migrate()
        establish()


def establish() -> None:
    """Give a new installation its identity and, at the hub, its keys and streams."""
    installation.establish()
    if runtime.current().is_hub:
        control.prepare_hub()
    control.replay_parked()
