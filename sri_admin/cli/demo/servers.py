"""Where the databases of the demonstration are: on a server of its own, or on one that stands already."""

import hashlib
import secrets
from pathlib import Path
from typing import Protocol

from sqlalchemy.engine import make_url

from sri_admin.cli.demo.places import Place
from sri_admin.kernel import postgres
from sri_admin.kernel.database import Addresses
from sri_admin.kernel.postgres import Passwords, PostgresError


class Server(Protocol):
    """A PostgreSQL for the demonstration."""

    mark: str  # tells it from others it may have been filled on before

    def ensure(self) -> None:
        """Let it answer."""
        ...

    def addresses(self, place: Place) -> Addresses:
        """Return the addresses of an installation's database, which is made with its roles unless it stands."""
        ...

    def told(self, place: Place, found: Addresses) -> dict[str, str]:
        """Return what the configuration of an installation says about its database."""
        ...

    def remove(self, places: tuple[Place, ...]) -> None:
        """Delete what the demonstration has on it."""
        ...

    def stop(self) -> None:
        """Let go of it."""
        ...


def choose(home: Path, administrator: str | None) -> Server:
    """Return the server whose administrator's address is given, else one of the demonstration's own."""
    return GivenServer(home, administrator) if administrator else OwnServer(home)


class OwnServer:
    """A server in the folder of the demonstration, started and stopped with it."""

    mark = ""

    def __init__(self, home: Path) -> None:
        # A crash of the machine may cost the last moments of a demonstration; they are quickly had again.
        options = {"synchronous_commit": "off"}
        self._cluster = postgres.Cluster(home / "postgres", postgres.find_binaries(), options=options)

    def ensure(self) -> None:
        """Start it unless it runs."""
        self._cluster.ensure()

    def addresses(self, place: Place) -> Addresses:
        """Return the addresses of an installation's database, which is made with its roles unless it stands."""
        roles = postgres.create_database(self._cluster, place.database)
        return Addresses(*(self._cluster.url(place.database, each) for each in (roles.app, roles.owner, roles.backup)))

    def told(self, place: Place, found: Addresses) -> dict[str, str]:
        """Return what the configuration of an installation says about its database."""
        return {"embedded": "postgres", "name": place.database}

    def remove(self, places: tuple[Place, ...]) -> None:
        """Delete the server with everything on it."""
        self._cluster.remove()

    def stop(self) -> None:
        """Stop it."""
        self._cluster.stop()


class GivenServer:
    """A server that stands already, of which an administrator's address is known; several folders may share it."""

    def __init__(self, home: Path, administrator: str) -> None:
        self._url = make_url(administrator)
        if not self._url.drivername.startswith("postgresql"):
            raise PostgresError("The address of the server begins with postgresql://.")
        self._suffix = hashlib.sha256(str(home).encode()).hexdigest()[:8]
        self.mark = f"{self._url.host or ''}:{self._url.port or ''}"

    def ensure(self) -> None:
        """Leave it as it is: it is somebody else's to start."""

    def addresses(self, place: Place) -> Addresses:
        """Return the addresses of an installation's database, with new passwords each time it is started."""
        name, keys = self._name(place), [secrets.token_urlsafe(24) for _each in range(3)]
        roles = postgres.create_database(self._administrator, name, passwords=Passwords(*keys))
        roles_in_order = zip((roles.owner, roles.app, roles.backup), keys, strict=True)
        owner, app, backup = (self._address(name, role, key) for role, key in roles_in_order)
        return Addresses(app, owner, backup)

    def told(self, place: Place, found: Addresses) -> dict[str, str]:
        """Return what the configuration of an installation says about its database."""
        return {"url": found.app, "owner_url": found.owner, "backup_url": found.backup}

    def remove(self, places: tuple[Place, ...]) -> None:
        """Drop the databases of this folder with their roles, and nothing else."""
        for each in places:
            postgres.drop_database(self._administrator, self._name(each))

    def stop(self) -> None:
        """Leave it as it is."""

    @property
    def _administrator(self) -> str:
        return self._url.set(drivername="postgresql").render_as_string(hide_password=False)

    def _name(self, place: Place) -> str:
        return f"{place.database}_{self._suffix}"

    def _address(self, name: str, role: str, key: str) -> str:
        made = self._url.set(drivername="postgresql+psycopg", username=role, password=key, database=name)
        return made.render_as_string(hide_password=False)
