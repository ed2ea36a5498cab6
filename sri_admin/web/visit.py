"""One request's facts: who comes, in which language, to which member; kept on flask's `g` for the web floor alone."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from flask import current_app, g, request

from sri_admin.kernel import ip_prefix
from sri_admin.kernel.actor import ANONYMOUS, Actor
from sri_admin.kernel.errors import NotAllowedError, SignInNeededError
from sri_admin.kernel.i18n import LazyText
from sri_admin.kernel.tenancy import Tenant

_EXTENSION = "sri-admin-loaders"


class SignedIn(Protocol):
    """What web needs to know of a session; the part `people` provides it."""

    @property
    def actor(self) -> Actor:
        """Who acts."""
        ...

    @property
    def session_id(self) -> UUID:
        """Which session."""
        ...

    @property
    def csrf(self) -> str:
        """The secret its form tokens are made with."""
        ...

    @property
    def locale(self) -> str:
        """The language the account asks for, or nothing."""
        ...

    @property
    def theme(self) -> str:
        """Light, dark or as the device."""
        ...

    @property
    def home(self) -> UUID:
        """The tenant it writes for when no member is named."""
        ...

    @property
    def role_label(self) -> LazyText:
        """The account's role in words."""
        ...

    @property
    def owes_second_step(self) -> bool:
        """Whether the role needs a second step at sign-in that is not set up yet."""
        ...


@dataclass(frozen=True)
class Loaders:
    """How web learns who is there, by session cookie, node's token or program's key, and has a password confirmed."""

    session: Callable[[str], SignedIn | None]
    node: Callable[[str], Actor | None]
    confirm: Callable[..., datetime]
    program: Callable[[str], SignedIn | None]


@dataclass(frozen=True, kw_only=True)
class Visit:
    """The facts of one request."""

    request_id: str
    signed_in: SignedIn | None = None
    actor: Actor = ANONYMOUS
    members: frozenset[UUID] = frozenset()
    by_program: bool = False
    member: Tenant | None = None
    theme: str = "auto"
    codes: dict[UUID, str] = field(default_factory=dict)

    @property
    def home(self) -> UUID | None:
        """The tenant an actor without a member in the address writes for."""
        return self.signed_in.home if self.signed_in else None


def use(loaders: Loaders, app: Any) -> None:
    """Give an application its loaders."""
    app.extensions[_EXTENSION] = loaders


def loaders() -> Loaders:
    """Return the loaders of this application."""
    return current_app.extensions[_EXTENSION]


def begin(request_id: str) -> Visit:
    """Start a visit."""
    g.visit = Visit(request_id=request_id)
    return g.visit


def current() -> Visit:
    """Return the visit of this request."""
    return g.visit


def session_id() -> UUID:
    """Return the session this request came with."""
    signed_in = current().signed_in
    if signed_in is None:
        raise SignInNeededError
    if current().by_program:
        raise NotAllowedError
    return signed_in.session_id


def network() -> str:
    """Return the network this request came from, for counting attempts."""
    return ip_prefix.prefix(request.remote_addr)


def known(**facts: Any) -> Visit:
    """Note further facts about the visit."""
    g.visit = replace(g.visit, **facts)
    return g.visit
