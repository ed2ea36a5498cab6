"""Where the demonstration lives: its folder, its three configuration files, its ports."""

import json
import socket
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tomllib import TOMLDecodeError

from sri_admin.kernel import settings
from sri_admin.kernel.settings import Settings

_FIRST_PORT, _LAST_PORT = 8000, 8999
_NODE_SECONDS = 5


@dataclass(frozen=True)
class Place:
    """One installation of the demonstration; a node names the country it serves."""

    key: str
    home: Path
    code: str | None = None
    locale: str = "en"

    @property
    def config(self) -> Path:
        """Its configuration file."""
        return self.home / f"{self.key}.toml"

    @property
    def log(self) -> Path:
        """What it writes about running."""
        return self.home / f"{self.key}.log"

    @property
    def database(self) -> str:
        """The name of its database."""
        return f"sri_demo_{self.key}"

    def settings(self) -> Settings:
        """Read its configuration file."""
        return settings.load(self.config)


def places(home: Path) -> tuple[Place, Place, Place]:
    """Return the hub and the two nodes that live in a folder."""
    return Place("hub", home), Place("qm", home, "QM"), Place("qn", home, "QN", "ar")


def write_config(
    place: Place, port: int, *, database: Mapping[str, str] | None = None, hub_url: str = "", fingerprint: str = ""
) -> None:
    """Write the configuration file of an installation, as an operator would; it may hold passwords."""
    role = "node" if place.code else "hub"
    lines = [
        "[installation]",
        f"role = {json.dumps(role)}",
        f"home = {json.dumps(place.key)}",
        "",
        "[web]",
        f"port = {port}",
        f"public_url = {json.dumps(f'http://localhost:{port}')}",
        "",
        "[database]",
        *(f"{key} = {json.dumps(value)}" for key, value in (database or {}).items()),
    ]
    if place.code:
        lines += ["", "[hub]", f"url = {json.dumps(hub_url)}", f"root_fingerprint = {json.dumps(fingerprint)}"]
        lines += ["", "[sync]", f"every_seconds = {_NODE_SECONDS}"]
    draft = place.config.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    draft.replace(place.config)


def listen(place: Place, taken: set[int]) -> socket.socket:
    """Listen on the port the installation had before, else on the first that is free."""
    before = _port_before(place)
    for port in (*([before] if before else []), *range(_FIRST_PORT, _LAST_PORT), 0):
        if port not in taken and (found := listen_on(port)) is not None:
            taken.add(found.getsockname()[1])
            return found
    raise OSError  # port 0 is always given a free one


def _port_before(place: Place) -> int | None:
    with suppress(FileNotFoundError, KeyError, TOMLDecodeError):
        return int(tomllib.loads(place.config.read_text(encoding="utf-8"))["web"]["port"])
    return None


def listen_on(port: int) -> socket.socket | None:
    """Listen on a port of this machine alone; None if somebody else does."""
    # Browsers try ::1 for “localhost” first: a stranger who listens there would be taken for us.
    if port and _is_taken("::1", port):
        return None
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(("127.0.0.1", port))
        made.listen(128)
    except OSError:
        made.close()
        return None
    return made


def _is_taken(address: str, port: int) -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            return probe.connect_ex((address, port)) == 0
    except OSError:
        return False
