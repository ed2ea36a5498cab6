"""A peer that can misbehave: it holds the node's keys and says whatever a test lets it say."""

import json
import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from joserfc.jwk import ECKey

from sri_admin.federation import chain, checkpoint, credentials, keys, lines, packing
from sri_admin.federation.checkpoint import Checkpoint
from sri_admin.federation.client import BASE, Answer
from sri_admin.federation.lines import Change, Header
from sri_admin.kernel import ids, installation
from sri_admin.kernel.signing import SigningKey
from tests.federation.pair import Pair

KIND = "members.office_holder"
AT = "2026-11-20T10:00:00Z"


@dataclass(frozen=True)
class Batch:
    """A batch before it is written, so that a test can change one thing about it."""

    stream: str
    epoch: int
    log_id: str
    node: str
    incarnation: str
    base: bytes
    from_n: int
    changes: tuple[bytes, ...]
    key: SigningKey
    claimed: bytes | None = None
    claimed_log: str | None = None

    def body(self) -> bytes:
        """Write header, changes and checkpoint."""
        to_n = self.from_n + len(self.changes) - 1
        header = Header(self.stream, self.epoch, self.from_n, to_n, self.base, self.node, self.incarnation)
        end = chain.extend_many(self.base, [chain.line_hash(each) for each in self.changes])[-1]
        statement = Checkpoint(
            self.stream,
            self.epoch,
            self.claimed_log or self.log_id,
            to_n,
            self.claimed or end,
            AT,
            self.node,
            self.incarnation,
        )
        sealed = checkpoint.seal(statement, self.key)
        return b"\n".join((lines.encode_header(header), *self.changes, sealed)) + b"\n"


def change(n: int, *, name: str = "Sam of the board", **changed: Any) -> bytes:
    """Write a change of an office holder that stands alone in its transaction."""
    payload = {
        "office": "chair",
        "display_name": name,
        "starts_on": "2026-01-01",
        "ends_on": None,
        "end_reason": None,
        "email": None,
        "phone": None,
        "phone_country": None,
    }
    made = Change(n, KIND, str(ids.new()), 1, "put", 1, n, True, AT, "acc_test", payload)
    return lines.encode_change(made._replace(**changed))


def otherwise_signed(body: bytes) -> bytes:
    """Return a page or a batch with another letter in the signature at its end."""
    return body[:-20] + (b"A" if body[-20:-19] != b"A" else b"B") + body[-19:]


class Peer:
    """Somebody with the node's keys at the other end of the line."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.node, self.incarnation = pair.at_node(_who)
        self.auth_key: ECKey = pair.at_node(credentials.auth_key)
        self.sign_key: SigningKey = pair.at_node(keys.own_key)
        self.stream = f"member.{pair.member_id}.ops"
        self.token = self.new_token()

    def new_token(self) -> str:
        """Get an access token."""
        form = credentials.token_request(
            self.auth_key, node_id=self.node, audience=self.pair.line.url, issued_at=int(time.time())
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.pair.line.request("POST", "/oauth/token", headers=headers, body=urlencode(form).encode())
        return str(json.loads(answer.body)["access_token"])

    def say(self, method: str, path: str, *, body: bytes = b"", **headers: str) -> Answer:
        """Send any request with the token."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Authorization": f"Bearer {self.token}", **named}
        return self.pair.line.request(method, BASE + path, headers=sent, body=body)

    def hello(self, **changed: Any) -> Answer:
        """Say hello without holding anything."""
        document = {
            "node_id": self.node,
            "incarnation": self.incarnation,
            "software": "peer 1",
            "protocols": [1],
            "schemas": {},
            "streams": [],
            "trouble": None,
            "now": AT,
        }
        body = json.dumps({**document, **changed}).encode()
        return self.say("POST", "/hello", body=body, Content_Type="application/json")

    def batch(self, *changes: bytes, **changed: Any) -> Batch:
        """Prepare a batch that follows what the hub holds."""
        stands = next(each for each in json.loads(self.hello().body)["streams"] if each["stream"] == self.stream)
        made = Batch(
            stream=self.stream,
            epoch=stands["epoch"],
            log_id=stands["log_id"],
            node=self.node,
            incarnation=self.incarnation,
            base=bytes.fromhex(stands["chain"]),
            from_n=stands["n"] + 1,
            changes=changes or (change(stands["n"] + 1),),
            key=self.sign_key,
        )
        return replace(made, **changed)

    def push(self, body: bytes, *, stream: str | None = None, packed: bool = True) -> Answer:
        """Send the bytes of a batch."""
        headers = {"Content_Type": packing.NDJSON} | ({"Content_Encoding": "gzip"} if packed else {})
        sent = packing.pack(body) if packed else body
        return self.say("POST", f"/streams/{stream or self.stream}/batches", body=sent, **headers)


def code_of(answer: Answer) -> str:
    """Return the stable code of a refusal; a good answer fails the test."""
    assert answer.status >= 400, (answer.status, answer.body[:200])
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.body[:200]
    return str(json.loads(answer.body)["code"])


def _who() -> tuple[str, str]:
    identity = installation.identity()
    return str(identity.id), str(identity.incarnation)
