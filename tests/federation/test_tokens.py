"""A token is given for an assertion of the node's own key, for this hub, short-lived and shown once."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
import sqlalchemy as sa
from authlib.oauth2.rfc7523.client import ASSERTION_TYPE
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey

from sri_admin.federation import credentials, rates, tokens
from sri_admin.federation.checkpoint import to_base64url
from sri_admin.federation.client import Answer
from sri_admin.federation.enrolment_models import Node, NodeState, NodeToken
from sri_admin.kernel import clock, ids, installation, ip_prefix, postgres, tenancy, transaction
from sri_admin.kernel.actor import Actor
from sri_admin.kernel.db import db
from tests.federation.pair import Pair, joined_node, paired

CLAIMS = ("iss", "aud", "exp", "iat", "jti", "sub")


@pytest.fixture(scope="module")
def pair(cluster: postgres.Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with paired(cluster, template, tmp_path_factory.mktemp("pair")) as made:
        made.enrol()
        yield made


@pytest.fixture(autouse=True)
def _full_buckets(pair: Pair) -> None:
    def empty() -> None:
        with transaction.apart() as session:
            session.execute(sa.text("delete from rate_bucket"))

    pair.at_hub(empty)


def own_key(pair: Pair) -> ECKey:
    return pair.at_node(credentials.auth_key)


def claims(pair: Pair, **changed: Any) -> dict[str, Any]:
    node, now = str(pair.at_node(lambda: installation.identity().id)), int(time.time())
    given = {"iss": node, "sub": node, "aud": pair.line.url, "iat": now, "exp": now + 100, "jti": ids.token()}
    return {name: value for name, value in {**given, **changed}.items() if value is not None}


def assertion(pair: Pair, *, key: Any = None, alg: str = "ES256", **changed: Any) -> str:
    return jwt.encode({"alg": alg}, claims(pair, **changed), key or own_key(pair), algorithms=[alg])


def ask(pair: Pair, signed: str, **form: str) -> Answer:
    sent = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return pair.line.request("POST", tokens.TOKEN_PATH, headers=headers, body=urlencode({**sent, **form}).encode())


def refusal_of(answer: Answer) -> str:
    """Return the protocol's code of a refusal, or where there is none the one of RFC 6749."""
    assert 400 <= answer.status < 500, answer.body
    told = json.loads(answer.body)
    return str(told.get("code") or told["error"])


def token_of(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def test_a_good_assertion_gives_a_token_for_ten_minutes(pair: Pair) -> None:
    token = token_of(ask(pair, assertion(pair)))
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 600)


def test_the_audience_may_be_the_hub_or_its_token_endpoint(pair: Pair) -> None:
    token_of(ask(pair, assertion(pair, aud=pair.line.url + tokens.TOKEN_PATH)))


def test_the_scopes_are_the_nodes_own_streams(pair: Pair) -> None:
    scopes = token_of(ask(pair, assertion(pair)))["scope"].split()
    member = pair.member_id
    assert {"sync:read:hub.control", "sync:read:hub.registry", f"sync:read:hub.member.{member}"} <= set(scopes)
    assert f"sync:write:member.{member}.ops" in scopes
    assert not [each for each in scopes if each.startswith("sync:write:hub.")]


def test_a_scope_that_is_not_granted_is_not_given(pair: Pair) -> None:
    wanted = "sync:read:hub.registry sync:write:hub.registry sync:read:hub.member." + str(UUID(int=1))
    assert token_of(ask(pair, assertion(pair), scope=wanted))["scope"] == "sync:read:hub.registry"


def without(claim: str) -> Callable[[Pair], Answer]:
    changed: dict[str, Any] = {claim: None}
    return lambda pair: ask(pair, assertion(pair, **changed))


def lasting(begins: int, ends: int) -> Callable[[Pair], Answer]:
    """Show an assertion that lives from one second to another, counted from now."""

    def show(pair: Pair) -> Answer:
        now = int(time.time())
        return ask(pair, assertion(pair, iat=now + begins, exp=now + ends))

    return show


def shown_twice(pair: Pair) -> Answer:
    signed = assertion(pair)
    token_of(ask(pair, signed))
    return ask(pair, signed)


def unsigned(pair: Pair) -> Answer:
    body = jws.serialize_compact({"alg": "HS256"}, json.dumps(claims(pair)), OctKey.import_key("x" * 32))
    head = "eyJhbGciOiJub25lIn0"
    return ask(pair, ".".join((head, body.split(".")[1], "")))


def confused(pair: Pair) -> Answer:
    secret = OctKey.import_key(json.dumps(credentials.public_jwk(own_key(pair))))
    return ask(pair, assertion(pair, key=secret, alg="HS256"))


def of_nobody(pair: Pair) -> Answer:
    node = str(ids.new())
    return ask(pair, assertion(pair, iss=node, sub=node))


def by_secret(pair: Pair) -> Answer:
    node = str(pair.at_node(lambda: installation.identity().id))
    body = urlencode({"grant_type": "client_credentials", "client_id": node, "client_secret": "x"}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return pair.line.request("POST", tokens.TOKEN_PATH, headers=headers, body=body)


def without_end(pair: Pair) -> Answer:
    deep = to_base64url(b"[" * 50_000)
    return ask(pair, f"{to_base64url(b'{}')}.{deep}.{deep}")


def of_the_withdrawn(pair: Pair) -> Answer:
    set_state(pair, NodeState.REVOKED)
    try:
        return ask(pair, assertion(pair))
    finally:
        set_state(pair, NodeState.ACTIVE)


MESSAGES: dict[str, tuple[Callable[[Pair], Answer], str]] = {
    **{f"an assertion without {each}": (without(each), "invalid_client") for each in CLAIMS},
    "an assertion for another hub": (
        lambda pair: ask(pair, assertion(pair, aud="https://another-hub.example")),
        "invalid_client",
    ),
    "f50 an assertion shown twice": (shown_twice, "invalid_client"),
    "f50 an assertion without signature": (unsigned, "invalid_client"),
    "f50 an assertion by another key": (
        lambda pair: ask(pair, assertion(pair, key=ECKey.generate_key("P-256", private=True))),
        "invalid_client",
    ),
    "f50 an assertion with the public key as a secret": (confused, "invalid_client"),
    "an assertion that lives an hour": (lasting(0, 3600), "invalid_client"),
    "an assertion that is over": (lasting(-400, -300), "invalid_client"),
    "an assertion that has not begun": (lasting(1000, 1100), "invalid_client"),
    "an assertion of an unknown node": (of_nobody, "invalid_client"),
    "f49 an assertion of a withdrawn node": (of_the_withdrawn, "key_revoked"),
    "a secret in place of an assertion": (by_secret, "invalid_client"),
    "an assertion nested without end": (without_end, "invalid_client"),
}


@pytest.mark.parametrize("what", MESSAGES)
def test_who_proves_nothing_gets_a_code_and_no_token(pair: Pair, what: str) -> None:
    show, code = MESSAGES[what]
    answer = show(pair)
    assert refusal_of(answer) == code
    assert b"access_token" not in answer.body


def test_only_the_digest_of_a_token_is_kept(pair: Pair) -> None:
    token = token_of(ask(pair, assertion(pair)))["access_token"]

    def rows() -> str:
        with transaction.apart() as session:
            return str([list(row) for row in session.execute(sa.select(NodeToken.__table__))])

    assert token not in pair.at_hub(rows)


def actor_of(pair: Pair, token: str) -> Actor | None:
    return pair.at_hub(lambda: tokens.node_actor(token))


def test_a_token_stands_for_its_node_until_it_ends(pair: Pair) -> None:
    token = token_of(ask(pair, assertion(pair)))["access_token"]
    actor = actor_of(pair, token)
    assert actor is not None
    assert (actor.kind, actor.is_staff, actor.mandates[0].member_id) == ("node", False, pair.member_id)
    with clock.running(clock.skewed(timedelta(minutes=11))):
        assert actor_of(pair, token) is None
    assert actor_of(pair, token + "x") is None


def test_a_withdrawn_node_is_refused_at_once(pair: Pair) -> None:
    token = token_of(ask(pair, assertion(pair)))["access_token"]
    set_state(pair, NodeState.REVOKED)
    try:
        assert actor_of(pair, token) is None
        assert ask(pair, assertion(pair)).status == 403
    finally:
        set_state(pair, NodeState.ACTIVE)


def set_state(pair: Pair, state: NodeState) -> None:
    def change() -> None:
        node_id = joined_node(pair.member_id) if state is NodeState.REVOKED else None
        query = sa.update(Node).values(state=state)
        transaction.write(
            tenancy.NOWHERE, lambda: db.session.execute(query.where(Node.id == node_id) if node_id else query)
        )

    pair.at_hub(change)


def test_many_tries_are_slowed_down(pair: Pair) -> None:
    assert ask(pair, "not an assertion").status in {400, 401}

    def empty() -> None:
        with clock.running(clock.skewed(timedelta(hours=1))):  # so that nothing comes back before we ask again
            rates.spend(f"token {ip_prefix.prefix('127.0.0.1')}", rates.TOKENS, cost=rates.TOKENS.size)

    pair.at_hub(empty)
    answer = ask(pair, "not an assertion")
    assert (answer.status, json.loads(answer.body)["code"]) == (429, "too_many")
    assert int(answer.headers["retry-after"]) > 0


def test_two_nodes_of_one_network_come_every_five_seconds_and_people_ask_meanwhile(pair: Pair) -> None:
    begins = clock.now()

    def ten_minutes() -> None:
        for second in range(0, 600, 5):
            with clock.running(clock.fixed(begins + timedelta(seconds=second))):
                for _each in range(2 + second % 10 // 5):
                    rates.spend("token of a house", rates.TOKENS)

    pair.at_hub(ten_minutes)
