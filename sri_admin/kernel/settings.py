"""The settings of one installation: a TOML file, checked once, then a frozen value.

Nothing else reads the environment.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, validate
from marshmallow import fields as m

from sri_admin.kernel.errors import ConfigurationError
from sri_admin.kernel.i18n import gettext as _

DEFAULT_PATH = "config/hub.toml"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, kw_only=True)
class InstallationSettings:
    """What this installation is and where its own files lie."""

    role: str = "hub"  # hub or node
    home: Path = Path("var/hub")  # identity and keys (mode 0600), files, spool; relative to the configuration file


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """How people reach it."""

    host: str = "127.0.0.1"  # address to listen on
    port: int = 8000
    public_url: str = "http://localhost:8000"  # as people type it; https makes cookies Secure
    lan_http: bool = False  # allow plain http beyond this machine; every page then says what is off
    proxies: int = 0  # reverse proxies in front whose forwarded headers are believed
    threads: int = 8
    workers: int = 1


@dataclass(frozen=True, kw_only=True)
class SignInSettings:
    """How people prove who they are."""

    second_step: str = "optional"  # who must enter a code from a phone too: optional, staff or everybody


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """Where the data is: a server by three addresses, or an embedded cluster by folder and name."""

    url: str = ""  # as the app role
    owner_url: str = ""  # as the owner role, for migrations
    backup_url: str = ""  # as the backup role
    embedded: Path | None = None  # folder of an embedded cluster, used when url is empty
    name: str = "sri_hub"  # database in the embedded cluster
    binaries: Path | None = None  # folder of PostgreSQL programs; found by itself when absent
    pool_size: int = 10
    prepare: bool = True  # false behind PgBouncer in transaction mode


@dataclass(frozen=True, kw_only=True)
class HubSettings:
    """For a node: its hub."""

    url: str = ""
    root_fingerprint: str = ""  # of root.1, from the invitation sheet


@dataclass(frozen=True, kw_only=True)
class SyncSettings:
    """How often a node tries its hub by itself."""

    every_seconds: int = 900


@dataclass(frozen=True, kw_only=True)
class BlobSettings:
    """Where uploaded and fetched files are kept."""

    store: str = "folder"  # folder (home/blobs) or s3 (any store that speaks S3; needs the extra "s3")
    s3_endpoint: str = ""  # address of the store; empty for Amazon's own
    s3_region: str = "us-east-1"
    s3_bucket: str = ""
    s3_prefix: str = ""  # put before every key, where the bucket holds other things too
    s3_access_key: str = ""
    s3_secret_key: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class BackupSettings:
    """Where backups go, how often by themselves, and what locks the keys in them."""

    folder: Path | None = None  # folder of backups, best on another disk; relative to the configuration file
    passphrase_file: Path | None = None  # holds what locks the keys in a backup; only we may read it
    every_hours: int = 0  # how often one is made by itself; 0 leaves it to people
    keep: int = 14  # so many of the newest stay; older ones go once a newer one was read back

    @property
    def can_run(self) -> bool:
        """Say whether the program can make a backup without a person beside it."""
        return self.folder is not None and self.passphrase_file is not None


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """What is written about running."""

    level: str = "info"
    format: str = "json"  # json or text


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an installation is told from outside."""

    installation: InstallationSettings = field(default_factory=InstallationSettings)
    web: WebSettings = field(default_factory=WebSettings)
    sign_in: SignInSettings = field(default_factory=SignInSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    hub: HubSettings = field(default_factory=HubSettings)
    sync: SyncSettings = field(default_factory=SyncSettings)
    backup: BackupSettings = field(default_factory=BackupSettings)
    blobs: BlobSettings = field(default_factory=BlobSettings)
    log: LogSettings = field(default_factory=LogSettings)
    development: bool = False  # shows the components sheet; never on an installation people use

    @property
    def is_https(self) -> bool:
        """Say whether people reach this installation by https."""
        return self.web.public_url.startswith("https://")


class _InstallationIn(Schema):
    role = m.String(validate=validate.OneOf(["hub", "node"]))
    home = m.String()


class _WebIn(Schema):
    host = m.String()
    port = m.Integer(strict=True, validate=validate.Range(1, 65535))
    public_url = m.Url(require_tld=False, schemes={"http", "https"})
    lan_http = m.Boolean()
    proxies = m.Integer(strict=True, validate=validate.Range(0, 5))
    threads = m.Integer(strict=True, validate=validate.Range(1, 64))
    workers = m.Integer(strict=True, validate=validate.Range(1, 64))


class _SignInIn(Schema):
    second_step = m.String(validate=validate.OneOf(["optional", "staff", "everybody"]))


class _DatabaseIn(Schema):
    url = m.String()
    url_file = m.String()
    owner_url = m.String()
    owner_url_file = m.String()
    backup_url = m.String()
    backup_url_file = m.String()
    embedded = m.String()
    name = m.String(validate=validate.Regexp(r"^[a-z][a-z0-9_]{0,40}\Z"))
    binaries = m.String()
    pool_size = m.Integer(strict=True, validate=validate.Range(1, 100))
    prepare = m.Boolean()


class _HubIn(Schema):
    url = m.Url(require_tld=False, schemes={"http", "https"})
    root_fingerprint = m.String()


class _SyncIn(Schema):
    every_seconds = m.Integer(strict=True, validate=validate.Range(1, 86400))


class _BlobsIn(Schema):
    store = m.String(validate=validate.OneOf(["folder", "s3"]))
    s3_endpoint = m.Url(require_tld=False, schemes={"http", "https"})
    s3_region = m.String()
    s3_bucket = m.String(validate=validate.Regexp(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z"))
    s3_prefix = m.String(validate=validate.Regexp(r"^[A-Za-z0-9/_.-]{0,100}\Z"))
    s3_access_key = m.String()
    s3_access_key_file = m.String()
    s3_secret_key = m.String()
    s3_secret_key_file = m.String()


class _BackupIn(Schema):
    folder = m.String()
    passphrase_file = m.String()
    every_hours = m.Integer(strict=True, validate=validate.Range(0, 24 * 31))
    keep = m.Integer(strict=True, validate=validate.Range(1, 1000))


class _LogIn(Schema):
    level = m.String(validate=validate.OneOf(["debug", "info", "warning", "error"]))
    format = m.String(validate=validate.OneOf(["json", "text"]))


class _SettingsIn(Schema):
    installation = m.Nested(_InstallationIn)
    web = m.Nested(_WebIn)
    sign_in = m.Nested(_SignInIn)
    database = m.Nested(_DatabaseIn)
    hub = m.Nested(_HubIn)
    sync = m.Nested(_SyncIn)
    blobs = m.Nested(_BlobsIn)
    backup = m.Nested(_BackupIn)
    log = m.Nested(_LogIn)
    development = m.Boolean()


_SECTIONS: dict[str, type] = {
    "installation": InstallationSettings,
    "web": WebSettings,
    "sign_in": SignInSettings,
    "database": DatabaseSettings,
    "hub": HubSettings,
    "sync": SyncSettings,
    "blobs": BlobSettings,
    "backup": BackupSettings,
    "log": LogSettings,
}
_PATHS = (
    ("installation", "home"),
    ("database", "embedded"),
    ("database", "binaries"),
    ("backup", "folder"),
    ("backup", "passphrase_file"),
)
_SECRETS = {
    "database": {
        "url": "SRI_DATABASE_URL",
        "owner_url": "SRI_DATABASE_OWNER_URL",
        "backup_url": "SRI_DATABASE_BACKUP_URL",
    },
    "blobs": {"s3_access_key": "SRI_BLOBS_S3_ACCESS_KEY", "s3_secret_key": "SRI_BLOBS_S3_SECRET_KEY"},
}
_NUMBERS = "PROMETHEUS_MULTIPROC_DIR"
_S3_NEEDS = ("s3_bucket", "s3_access_key", "s3_secret_key")


def path_from_environment() -> Path:
    """Return the configuration file named by SRI_CONFIG, else the hub's default."""
    return Path(os.environ.get("SRI_CONFIG", DEFAULT_PATH))


def numbers_folder() -> Path | None:
    """Return the folder in which several processes share their numbers; None where there is one."""
    found = os.environ.get(_NUMBERS)
    return Path(found) if found else None


def environment_sharing(folder: Path) -> dict[str, str]:
    """Return this environment for a process that shares its numbers: the library reads it once, when imported."""
    return {**os.environ, _NUMBERS: str(folder)}


def load(path: Path) -> Settings:
    """Read and check a configuration file; ConfigurationError says in one sentence what is wrong with it."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(_("There is no configuration file at %(path)s.", path=str(path))) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = _("The configuration file %(path)s cannot be read: %(why)s.", path=str(path), why=str(error))
        raise ConfigurationError(message) from None
    return from_values(raw, base=path.resolve().parent, environment=os.environ)


def from_values(raw: Mapping[str, Any], *, base: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Check values as a configuration file would hold them; paths are relative to `base`."""
    try:
        checked = _SettingsIn().load(raw)
    except ValidationError as error:
        key, why = _first_fault(error.normalized_messages())
        raise ConfigurationError(
            _("The setting “%(key)s” is not right: %(why)s", key=key, why=why),
        ) from None
    assert isinstance(checked, dict)
    for section, secrets in _SECRETS.items():
        _read_secrets(checked.setdefault(section, {}), secrets, base, environment or {})
    for section, key in _PATHS:
        if key in checked.get(section, {}):
            checked[section][key] = base / checked[section][key]
    settings = Settings(
        development=checked.get("development", False),
        **{name: _SECTIONS[name](**checked.get(name, {})) for name in _SECTIONS},
    )
    _refuse_open_http(settings)
    _refuse_half_a_store(settings.blobs)
    _refuse_half_a_schedule(settings.backup)
    return settings


def _read_secrets(
    section: dict[str, Any], secrets: Mapping[str, str], base: Path, environment: Mapping[str, str]
) -> None:
    for key, variable in secrets.items():
        file = section.pop(f"{key}_file", None)
        if variable in environment:
            section[key] = environment[variable]
        elif file:
            section[key] = _secret_in(base / file)


def _secret_in(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = _("The configuration file %(path)s cannot be read: %(why)s.", path=str(path), why=str(error))
        raise ConfigurationError(message) from None


def _refuse_open_http(settings: Settings) -> None:
    hosts = {urlsplit(settings.web.public_url).hostname or "", settings.web.host}
    if not (settings.is_https or settings.web.lan_http or hosts <= LOOPBACK):
        raise ConfigurationError(
            _(
                "Plain http is only for this machine. Use an https address as web.public_url,"
                " or set web.lan_http = true if you accept an unprotected line."
            ),
        )


def _refuse_half_a_store(blobs: BlobSettings) -> None:
    missing = next((name for name in _S3_NEEDS if blobs.store == "s3" and not getattr(blobs, name)), None)
    if missing:
        message = _("Files are to be kept in an S3 store, so the setting “%(key)s” is needed.", key=f"blobs.{missing}")
        raise ConfigurationError(message)


def _refuse_half_a_schedule(backup: BackupSettings) -> None:
    if backup.every_hours and not backup.can_run:
        missing = "backup.folder" if backup.folder is None else "backup.passphrase_file"
        message = _("Backups are to be made by themselves, so the setting “%(key)s” is needed.", key=missing)
        raise ConfigurationError(message)


def _first_fault(messages: Mapping[str, Any], prefix: str = "") -> tuple[str, str]:
    key, value = next(iter(messages.items()))
    name = f"{prefix}{key}"
    return _first_fault(value, f"{name}.") if isinstance(value, dict) else (name, " ".join(value))


def documented() -> dict[str, list[str]]:
    """Return the known keys by section, for the documentation test."""
    return {name: [each.name for each in fields(section)] for name, section in _SECTIONS.items()}
