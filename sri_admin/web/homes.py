"""The country a menu entry leads somebody to who works for one: the first in which they may do what it is for."""

from dataclasses import dataclass
from uuid import UUID

from sri_admin.kernel.actor import Actor, Scope
from sri_admin.kernel.db import db
from sri_admin.kernel.policy import Policy
from sri_admin.kernel.tenancy import Tenant
from sri_admin.web import visit


@dataclass(frozen=True)
class Home:
    """Where people of member countries do one thing; SRI staff come to it by the page of a country."""

    policy: Policy
    action: str

    def shown(self, actor: Actor) -> bool:
        """Say whether there is such a country."""
        return not actor.is_staff and self._of(actor) is not None

    def code(self, actor: Actor) -> str:
        """Return its code, read once a visit however many entries lead there."""
        home, known = self._of(actor), visit.current().codes
        if home is None:
            return ""
        if home not in known:
            tenant = db.session.get(Tenant, home)
            known[home] = tenant.code if tenant else ""
        return known[home]

    def _of(self, actor: Actor) -> UUID | None:
        homes = (each.member_id for each in actor.mandates if each.scope is not Scope.HUB)
        return next((home for home in homes if self.policy.allows(actor, self.action, home)), None)
