"""What this process is: settings, parts and everything they declared, put together once by `app.create_app`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import current_app

from sri_admin.kernel.errors import AppError
from sri_admin.kernel.settings import Settings

EXTENSION = "sri-admin"


@dataclass(frozen=True)
class Identity:
    """Who this installation is: its id, its incarnation, the tenant it serves (a node's member) and the hub's."""

    id: UUID
    role: str
    incarnation: UUID
    tenant_id: UUID | None
    hub_tenant_id: UUID | None

    @property
    def short(self) -> str:
        """Return eight hex digits that tell installations on one machine apart."""
        return self.id.hex[-8:]


@dataclass
class Runtime:
    """The wiring of one installation; nothing in it changes after start but the identity, read from the database."""

    settings: Settings
    parts: Sequence[Any]
    handlers: Mapping[type, Sequence[Callable[..., None]]] = field(default_factory=dict)
    tail_steps: Sequence[Callable[[Any], None]] = ()
    tasks: Mapping[str, Any] = field(default_factory=dict)
    kinds: Sequence[Any] = ()
    constraints: Mapping[str, Callable[[], AppError]] = field(default_factory=dict)
    answers: Mapping[str, Sequence[Callable[..., Any]]] = field(default_factory=dict)
    identity: Identity | None = None

    @property
    def is_hub(self) -> bool:
        """Say whether this installation is the hub; parts ask this only where they declare what they register."""
        return self.settings.installation.role == "hub"


def current() -> Runtime:
    """Return the wiring of the installation whose code is running."""
    return current_app.extensions[EXTENSION]
