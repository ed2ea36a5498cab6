"""A hub in a process of its own that somebody else's client has joined."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from sri_admin.kernel import postgres
from sri_admin.members.rules.member import MemberState
from tests.federation.hub_process import HubProcess, hub_process
from tests.federation.third_party.client import Client
from tests.federation.third_party.formats import Values
from tests.make import members


@dataclass
class Joined:
    """A hub in a process of its own, and somebody else's node of country QM; QN is a country of the hub."""

    hub: HubProcess
    client: Client
    member_id: UUID
    other_id: UUID
    home: Path

    @property
    def ops(self) -> str:
        """The stream in which the country writes what it does."""
        return f"member.{self.member_id}.ops"

    def again(self) -> Client:
        """Start the client anew on what it kept."""
        self.client.close()
        self.client = Client(self.client.folder, self.hub.url, self.client.root_digits)
        return self.client

    def join(self, member_id: UUID, name: str) -> Client:
        """Join another client, for another country."""
        client = Client(self.home / name, self.hub.url, self.hub.root_digits)
        asked = client.ask(self.hub.issue_code(member_id))
        self.hub.approve(member_id, UUID(asked))
        assert client.collect() == "approved"
        return client


@contextmanager
def joined(cluster: postgres.Cluster, template: str, home: Path) -> Iterator[Joined]:
    """Start a hub with two countries and join a client for the first."""
    with hub_process(cluster, template, home / "hub") as hub:
        member_id = hub.do(lambda: members.member("QM", MemberState.LICENSED))
        other_id = hub.do(lambda: members.member("QN", MemberState.LICENSED))
        client = Client(home / "client", hub.url, hub.root_digits)
        asked = client.ask(hub.issue_code(member_id).lower().replace("-", " "))
        assert client.collect() == "pending"
        hub.approve(member_id, UUID(asked))
        assert client.collect() == "approved"
        made = Joined(hub, client, member_id, other_id, home)
        yield made
        made.client.close()


def office_holder(name: str, office: str = "chair") -> Values:
    """Return the record of somebody who holds an office, as a country writes it."""
    payload = {
        "office": office,
        "display_name": name,
        "starts_on": "2026-01-01",
        "ends_on": None,
        "end_reason": None,
        "email": "chair@example.org",
        "phone": None,
        "phone_country": None,
    }
    return {"t": "members.office_holder", "id": str(uuid4()), "v": 1, "d": payload}
