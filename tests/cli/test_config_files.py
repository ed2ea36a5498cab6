"""What an operator copies from config/ works: the database script on a real server, the proxy's file in nginx."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa

from sri_admin.kernel import postgres
from tests.cli.test_program import CONFIG, sri_admin

ROLES = {"url": "app", "owner_url": "owner", "backup_url": "backup"}
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def run_script(cluster: postgres.Cluster, name: str) -> None:
    program = Path(postgres.find_binaries()) / "psql"
    address = sa.make_url(cluster.url("postgres", "postgres")).set(drivername="postgresql")
    target = address.render_as_string(hide_password=False)
    command = [program, "--set", f"name={name}", "--file", CONFIG / "database.sql", "--no-psqlrc", "--quiet", target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_database_script_makes_what_an_installation_needs_and_may_be_repeated(
    cluster: postgres.Cluster, tmp_path: Path
) -> None:
    for _again in range(2):
        run_script(cluster, "scripted_hub")
    urls = {key: cluster.url("scripted_hub", f"scripted_hub_{role}") for key, role in ROLES.items()}
    lines = [f"{key} = {json.dumps(url)}" for key, url in urls.items()]
    path = tmp_path / "hub.toml"
    path.write_text('[installation]\nhome = "home"\n[database]\n' + "\n".join(lines) + "\n")
    done = sri_admin(path, "db", "upgrade")
    assert done.returncode == 0, done.stderr
    assert sri_admin(path, "verify").returncode == 0


RIGHTS = (
    "select datacl::text[], encoding, datlocprovider, datcollate from pg_database where datname = :it",
    "select nspacl::text[], nspowner::regrole::text from pg_namespace where nspname = 'public' and :it > ''",
    "select defaclacl::text[], defaclrole::regrole::text, defaclobjtype from pg_default_acl where :it > '' order by 3",
)


def rights_in(cluster: postgres.Cluster, name: str) -> list[str]:
    engine = sa.create_engine(cluster.url(name, "postgres"))
    with engine.connect() as connection:
        rows = [row for query in RIGHTS for row in connection.execute(sa.text(query), {"it": name})]
    engine.dispose()
    return [f"{sorted(given)} {facts}".replace(name, "it") for given, *facts in rows]


def test_the_script_gives_the_same_rights_as_the_program_does(cluster: postgres.Cluster) -> None:
    run_script(cluster, "scripted_rights")
    postgres.create_database(cluster, "made_rights")
    assert rights_in(cluster, "scripted_rights") == rights_in(cluster, "made_rights")
    assert len(rights_in(cluster, "made_rights")) == 5


@pytest.mark.skipif(NGINX is None, reason="nginx is not here to try config/nginx.conf: install it")
def test_nginx_takes_the_file_for_the_proxy(tmp_path: Path) -> None:
    assert NGINX is not None
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=hub.example", "-days", "1", "-nodes"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-keyout", key, "-out", certificate, *subject]
    subprocess.run(made, check=True, capture_output=True)
    content = (CONFIG / "nginx.conf").read_text()
    content = re.sub(r"listen (80|443)", r"listen 127.0.0.1:1\1", content)
    content = re.sub(r"(ssl_certificate_key) .*;", rf"\1 {key};", content)
    content = re.sub(r"(ssl_certificate) .*;", rf"\1 {certificate};", content)
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/nginx.pid;\nevents {{}}\nhttp {{\naccess_log off;\n{content}\n}}\n")
    done = subprocess.run([NGINX, "-t", "-q", "-e", "stderr", "-c", whole], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
