"""Who was erased after a backup does not come back with it: neither by a restore here nor by one on a new machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from sri_admin.app import create_app
from sri_admin.keeping import jobs as keeping
from sri_admin.keeping.operations import erasures
from sri_admin.kernel import actor, database, ids, installation, jobs, postgres, runtime, tenancy, transaction
from sri_admin.kernel.backup import erased, making, restoring
from sri_admin.kernel.db import db
from sri_admin.members.models.office import OfficeHolder, OfficeHolderPrivate
from sri_admin.members.operations.offices import erase_office_holder
from sri_admin.members.queries.offices import office_holder_by_id
from sri_admin.people.models import Account, Credential
from sri_admin.people.operations.erasure import erase_person
from sri_admin.people.queries.accounts import account_by_id
from sri_admin.people.rules import AccountState, Role
from tests.conftest import settings_for
from tests.keeping.conftest import PASSPHRASE, House
from tests.make import members, people

DOER = actor.system("test")
REASON = {"reason": "asked for it"}


def work() -> None:
    """Let the worker write down who was erased."""
    query = sa.text("delete from procrastinate_jobs where task_name = :name and status = 'todo' returning args")
    with transaction.apart() as session:
        found = list(session.scalars(query, {"name": erasures.KEEP}))
    for payload in found:
        jobs.perform(runtime.current().tasks[erasures.KEEP], payload)


def erase_account(account_id: UUID) -> None:
    """Erase a person at the hub."""
    own = installation.own_tenant()
    transaction.write(tenancy.only(own), lambda: erase_person(DOER, account_by_id(account_id), own, values=REASON))
    work()


def erase_holder(member_id: UUID, holder_id: UUID) -> None:
    """Erase an office holder of a country the hub works for."""

    def body() -> None:
        holder = office_holder_by_id(member_id, holder_id)
        erase_office_holder(DOER, holder, values={**REASON, "version": holder.version})

    transaction.write(tenancy.only(member_id), body)
    work()


@contextmanager
def restored(cluster: postgres.Cluster, backup: Path, home: Path) -> Iterator[None]:
    """Restore a backup into a new database, with a folder of keys that was in use or a new one."""
    name = f"sri_keeping_{uuid4().hex[:8]}"
    roles = postgres.create_database(cluster, name)
    urls = (cluster.url(name, each) for each in (roles.app, roles.owner, roles.backup))
    app = create_app(settings_for("hub", home), found=database.Addresses(*urls))
    with app.app_context():
        restoring.restore(backup, PASSPHRASE)
        yield
        db.session.remove()
        db.engine.dispose()
    postgres.drop_database(cluster, name)


def state_of(account_id: UUID) -> tuple[AccountState, str | None, int]:
    """Return how an account stands, whose it is, and how many passwords it has."""
    with transaction.reading(tenancy.NOWHERE):
        account = db.session.get_one(Account, account_id)
        wanted = sa.select(sa.func.count()).where(Credential.account_id == account_id)
        return account.state, account.display_name, db.session.scalar(wanted) or 0


def halves(member_id: UUID) -> list[int]:
    """Count the office holders of a country, and their private halves."""
    with transaction.reading(tenancy.only(member_id)):
        counts = (sa.select(sa.func.count()).select_from(each) for each in (OfficeHolder, OfficeHolderPrivate))
        return [db.session.scalar(each) or 0 for each in counts]


@pytest.fixture
def person(house: House) -> UUID:
    """Somebody with a password at the hub."""
    return people.person(Role.DATA_OFFICER).account_id


def test_only_what_is_committed_is_written_down_and_in_opaque_ids(house: House, person: UUID) -> None:
    own = installation.own_tenant()
    with pytest.raises(ZeroDivisionError):
        transaction.write(
            tenancy.only(own), lambda: (erase_person(DOER, account_by_id(person), own, values=REASON), 1 / 0)
        )
    work()
    assert erased.noted() == []
    erase_account(person)
    erase_account(person)
    assert erased.noted() == [erased.Erased("account", own, person)]
    assert [path.read_bytes() for path in erased.here().iterdir()] == [b""]


def test_an_account_erased_after_the_backup_is_erased_again_by_the_restore(
    house: House, person: UUID, cluster: postgres.Cluster
) -> None:
    backup = making.make(house.folder, PASSPHRASE).folder
    before = state_of(person)
    erase_account(person)
    with restored(cluster, backup, house.home):
        assert state_of(person) == before
        assert erasures.erase_again() == 1
        assert state_of(person) == (AccountState.ERASED, None, 0)
        assert erasures.erase_again() == 0


def test_on_a_new_machine_the_list_beside_the_backups_is_enough(
    house: House, person: UUID, cluster: postgres.Cluster, tmp_path: Path
) -> None:
    old = making.make(house.folder, PASSPHRASE).folder
    erase_account(person)
    making.make(house.folder, PASSPHRASE)
    moved = shutil.copytree(house.folder, tmp_path / "moved")
    with restored(cluster, moved / old.name, tmp_path / "new"):
        assert state_of(person)[0] is not AccountState.ERASED
        assert erasures.erase_again() == 1
        assert state_of(person) == (AccountState.ERASED, None, 0)


def test_a_holder_of_a_hosted_country_waits_until_the_hub_may_write(house: House, cluster: postgres.Cluster) -> None:
    member_id = members.member("QM")
    holder_id = members.office_holder(member_id, full_name="Rosa Beispiel")
    backup = making.make(house.folder, PASSPHRASE).folder
    erase_holder(member_id, holder_id)
    assert halves(member_id) == [0, 0]
    with restored(cluster, backup, house.home):
        assert (erasures.erase_again(), halves(member_id)) == (0, [1, 1])
        own = installation.own_tenant()
        transaction.write(tenancy.only(own), lambda: installation.go_on_alone(DOER, reason="nobody else is there"))
        keeping.forget(DOER)
        assert halves(member_id) == [0, 0]


def test_whoever_is_written_down_and_was_never_in_the_backup_is_no_trouble(house: House) -> None:
    for kind in ("account", "office_holder"):
        erased.note(erased.Erased(kind, installation.own_tenant(), ids.new()))
    assert erasures.erase_again() == 0
