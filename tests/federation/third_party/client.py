"""A node of another make: it joins, exchanges, keeps everything it got, and stops when the hub is not itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from tests.federation.third_party import assertions, formats, trust
from tests.federation.third_party.formats import RefusedError, Values
from tests.federation.third_party.reading import Reader
from tests.federation.third_party.store import Store
from tests.federation.third_party.talk import API, Talk
from tests.federation.third_party.writing import Self, Writer

_CONTROL = "hub.control"
_SOFTWARE = "third-party/1"
# These codes are no accident: whoever hears one of them goes on only after people looked at it (§9).
STOPPING = frozenset({"forked", "rewound", "duplicate_writer", "given_up", "key_revoked", "past_end", "root_rollback"})


@dataclass(frozen=True)
class Outcome:
    """What an exchange moved, and the streams that stood still with their codes."""

    pulled: int
    pushed: int
    trouble: Mapping[str, str]


class Client:
    """An installation of another make, for one member."""

    def __init__(self, folder: Path, url: str, root_digits: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.root_digits = folder, root_digits
        self.store, self.hub = Store(folder), Talk(url)
        self.me = Self(self._own("node"), self._own("incarnation"), assertions.Keys.of(folder))
        self.hub.renew = self.sign_in
        self.reader, self.writer = Reader(self.store, self.hub), Writer(self.store, self.hub, self.me)

    def _own(self, name: str) -> str:
        if self.store.get(name) is None:
            self.store.note(name, str(uuid4()))
        return str(self.store.get(name))

    def close(self) -> None:
        """Stop."""
        self.hub.close()
        self.store.close()

    @property
    def digits(self) -> str:
        """The fingerprint of the own signing key."""
        return formats.digits("key-fingerprint", self.me.keys.sign_public)

    def request(self, code: str) -> Values:
        """Return the request to join with a code (§10.2)."""
        letters, keys = formats.code_letters(code), self.me.keys
        payload = formats.encode(
            {
                "auth_key": keys.auth_public,
                "hint": formats.sha256(f"sri-sync/1 code-hint\n{letters}".encode()).hex(),
                "incarnation": self.me.incarnation,
                "kind": "enrolment",
                "node": self.me.node,
                "sign_key": formats.to_text(keys.sign_public),
                "software": _SOFTWARE,
            }
        )
        signature, proof = formats.sign(keys.sign, "enrolment", payload), formats.proof(letters, payload)
        return {"p": formats.to_text(payload), "sig": signature, "proof": proof}

    def ask(self, code: str) -> str:
        """Ask to join with a code, and return the name of the request."""
        answer = self.hub.post(f"{API}/enrolments", self.request(code)).values
        if answer["fingerprint"] != self.digits:
            raise RefusedError("not_a_hub", "other digits")
        self.store.note("enrolment", answer["id"])
        return str(answer["id"])

    def collect(self) -> str:
        """Ask what became of the request; with the approval comes the root, which must fit the digits (§10.3)."""
        asked = self.store.get("enrolment")
        proof = formats.sign(self.me.keys.sign, "enrolment-news", asked.encode())
        answer = self.hub.get(f"{API}/enrolments/{asked}", Sri_Proof=proof).values
        if answer["state"] == "approved":
            file = formats.to_bytes(answer["root"])
            trust.first_root(file, self.root_digits)
            with self.store.together():
                self.store.note("roots", [file.decode()])
                self.store.note("hub", answer["hub"])
                self.store.note("member", answer["member"])
        return str(answer["state"])

    @property
    def member(self) -> str:
        """The tenant of the member this node serves."""
        return str(self.store.get("member")["tenant_id"])

    def exchange(self) -> Outcome:
        """Send what is new here, take what is new there; what stops one stream stops no other."""
        if stopped := self.store.get("stopped"):
            raise RefusedError(stopped, "people have to look at it first")
        try:
            self.sign_in()
            hello = self.hello()
            control = next(each for each in hello["streams"] if each["stream"] == _CONTROL)
            pulled = self.reader.pull(control)
            if pulled:
                hello = self.hello()
            return self._go_through(hello, pulled)
        except RefusedError as error:
            self._note_trouble({_CONTROL: error.code})
            raise

    def _go_through(self, hello: Values, pulled: int) -> Outcome:
        pushed, trouble = 0, dict[str, str]()
        for told in sorted(hello["streams"], key=_order):
            try:
                if told["access"] == "write":
                    pushed += self.writer.push(told)
                elif told["stream"] != _CONTROL:
                    pulled += self.reader.pull(told)
            except RefusedError as error:
                trouble[told["stream"]] = error.code
        self._note_trouble(trouble)
        return Outcome(pulled, pushed, trouble)

    def _note_trouble(self, trouble: Mapping[str, str]) -> None:
        stops = [code for code in trouble.values() if code in STOPPING]
        with self.store.together():
            self.store.note("trouble", next(iter(trouble.values()), None))
            self.store.note("stopped", stops[0] if stops else None)

    def go_on(self) -> None:
        """Go on after people have looked at what was wrong."""
        self.store.note("stopped", None)

    def sign_in(self) -> None:
        """Compare clocks, follow the roots, and fetch a token (§8.3, §11.1, §11.2)."""
        self.hub.token, self.hub.renew = "", None
        known = self.hub.get("/.well-known/sri-sync").values
        if 1 not in known["protocols"]:
            raise RefusedError("client_too_old")
        self.me.skew = datetime.fromisoformat(known["time"]) - datetime.now(UTC)
        self._follow(known["root_version"])
        assertion = self.me.keys.assertion(self.me.node, known["issuer"], at=datetime.now(UTC) + self.me.skew)
        self.hub.token = assertions.ask_token(self.hub, known["token_path"], assertion)
        self.hub.renew = self.sign_in

    def _follow(self, version: int) -> None:
        newest = trust.version_of(self.store.get("roots")[-1].encode())
        if version < newest:
            raise RefusedError("root_rollback")
        self.follow(self.hub.get(f"{API}/roots/{each}").body for each in range(newest + 1, version + 1))

    def follow(self, offered: Iterable[bytes]) -> None:
        """Trust each root file that follows the newest one, one after the other (§8.2)."""
        files: list[str] = self.store.get("roots")
        for file in offered:
            if trust.version_of(file) > trust.version_of(files[-1].encode()):
                trust.next_root(files[-1].encode(), file)
                files.append(file.decode())
        self.store.note("roots", files)

    def hello(self) -> Values:
        """Say where everything stands here, and hear where it stands there (§11.3)."""
        return self.hub.post(f"{API}/hello", self.said()).values

    def said(self) -> Values:
        """Return what a hello says."""
        places = [
            {"stream": each.stream, "epoch": each.epoch, "n": each.n, "chain": each.chain.hex()}
            for each in self.store.places()
        ]
        return {
            "node_id": self.me.node,
            "incarnation": self.me.incarnation,
            "software": _SOFTWARE,
            "protocols": [1],
            "schemas": {},
            "streams": places,
            "trouble": self.store.get("trouble"),
            "now": self.me.moment(),
        }


def _order(told: Values) -> tuple[int, str]:
    first = ("hub.control", "hub.registry", "hub.member.")
    name = told["stream"]
    at = next((place for place, each in enumerate(first) if name.startswith(each)), None)
    return (at if at is not None else len(first) + (told["access"] != "write"), name)
