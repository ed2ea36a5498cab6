"""Access tokens for nodes: OAuth 2 client credentials with an ES256 assertion, served by Authlib.

A token is opaque and lives ten minutes; the hub keeps its digest. What it may read and write is asked of the node's
grants each time it is shown, so that a withdrawn key stops working at once.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload
from authlib.oauth2.rfc6749 import ClientMixin, InvalidClientError, OAuth2Request
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from flask import Flask, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sqlalchemy.dialects.postgresql import JSONB, insert

from sri_admin.federation import control, credentials, limits
from sri_admin.federation.control import Access
from sri_admin.federation.enrolment_models import Node, NodeState, NodeToken, UsedAssertion
from sri_admin.federation.lines import ProtocolError
from sri_admin.kernel import clock, ids, installation, runtime, tenancy, transaction
from sri_admin.kernel.actor import Actor, Mandate, Scope
from sri_admin.kernel.db import db
from sri_admin.kernel.tenancy import Reach

TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address
AUTH_METHOD = "private_key_jwt"
GRANT_TYPE = "client_credentials"
NODE_ROLE = "node"
_LEEWAY_SECONDS = 60
_BEARER = (
    sa.select(Node, NodeToken.scope, NodeToken.expires_at)
    .join(NodeToken, NodeToken.node_id == Node.id)
    .where(NodeToken.digest == sa.bindparam("digest"))
)
_LONGEST_JTI = 200


@dataclass(frozen=True, kw_only=True)
class NodeActor(Actor):
    """A node that showed its token: its row, and what the token was given for."""

    node: Node
    scopes: frozenset[str]


@dataclass(frozen=True)
class NodeClient(ClientMixin):
    """A node as the token endpoint sees it."""

    id: UUID
    member_id: UUID
    auth_keys: tuple[dict[str, Any], ...]
    scope: str
    is_revoked: bool = False

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Accept the signed assertion and nothing else."""
        return method == AUTH_METHOD and endpoint == "token"

    def check_grant_type(self, grant_type: str) -> bool:
        """Accept client credentials and nothing else."""
        return grant_type == GRANT_TYPE

    def get_allowed_scope(self, scope: Any) -> str:
        """Give what is granted, or the part of it that was asked for."""
        granted = self.scope.split()
        return " ".join(each for each in granted if not scope or each in scope.split())


class NodeAssertion(JWTBearerClientAssertion):
    """Checks a node's assertion: ES256 by its own key, for this hub, short-lived, shown once. Made for one request."""

    client: NodeClient
    CLIENT_AUTH_METHOD = AUTH_METHOD  # pyright: ignore[reportGeneralTypeIssues] - the bundled stubs describe an older Authlib

    def get_audiences(self) -> list[str]:
        """Accept the hub's address and that of its token endpoint."""
        return [issuer(), issuer() + TOKEN_PATH]

    def resolve_client_public_key(self, client: NodeClient) -> ECKey:  # pyright: ignore[reportIncompatibleMethodOverride] - the bundled stubs describe an older Authlib
        """Return the key in use, and keep whose it is: after a change of keys another one is good as well."""
        self.client = client
        return ECKey.import_key(client.auth_keys[0])

    def process_assertion_claims(self, assertion: str, resolve_key: Any) -> Any:
        """Check signature and claims; the only algorithm is ours."""
        key, claims = _signed_claims(assertion, self.client)
        self.verify_claims(claims)
        if self.client.is_revoked:
            # Told only to who holds the key: the node itself, or whoever took it.
            raise ProtocolError("key_revoked", "the keys of this node were withdrawn")
        if key != self.client.auth_keys[0]:
            _settle_on(self.client.id, key)
        return claims

    def verify_claims(self, claims: dict[str, Any]) -> None:
        """Check the claims by our clock and refuse an assertion that lives too long."""
        now = int(clock.now().timestamp())
        registry = jwt.JWTClaimsRegistry(
            now=now,
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": claims["sub"]},
            sub={"essential": True},
            aud={"essential": True, "values": self.get_audiences()},
            exp={"essential": True},
            iat={"essential": True},
            jti={"essential": True},
        )
        try:
            registry.validate(claims)
        except JoseError as error:
            raise InvalidClientError(description=f"The assertion's claims are refused: {error.description}") from error
        if claims["exp"] - claims["iat"] > limits.ASSERTION_SECONDS:
            raise InvalidClientError(description="The assertion lives too long.")
        if not self.validate_jti(claims, claims["jti"]):
            raise InvalidClientError(description="The assertion was used before.")

    def validate_jti(self, claims: dict[str, Any], jti: Any) -> bool:
        """Spend an assertion's id; False if it was spent before."""
        if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI:
            return False
        until = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(seconds=_LEEWAY_SECONDS)
        with transaction.apart() as session:
            spent = session.execute(
                insert(UsedAssertion)
                .values(node_id=UUID(claims["sub"]), jti=jti, expires_at=until)
                .on_conflict_do_nothing()
                .returning(UsedAssertion.jti)
            )
            return spent.first() is not None


class TokenRequest(OAuth2Request):
    """A token request as flask has it; whether plain http is acceptable was decided by the settings."""

    def __init__(self, request: Request) -> None:
        super().__init__(
            request.method, issuer().replace("http://", "https://", 1) + TOKEN_PATH, headers=dict(request.headers)
        )
        self._request = request
        self.payload = FlaskOAuth2Payload(request)

    @property
    def form(self) -> Any:
        """Return the form that was sent."""
        return self._request.form


class TokenServer(AuthorizationServer):
    """Authlib's server over our requests."""

    def create_oauth2_request(self, request: Request) -> Any:
        """Wrap a request."""
        return TokenRequest(request)


class NodeGrant(ClientCredentialsGrant):
    """Client credentials, proven by assertion alone."""

    TOKEN_ENDPOINT_AUTH_METHODS = (AUTH_METHOD,)


def _signed_claims(assertion: str, client: NodeClient) -> tuple[dict[str, Any], dict[str, Any]]:
    for key in client.auth_keys:
        try:
            decoded = jwt.decode(assertion, ECKey.import_key(key), algorithms=[credentials.ALGORITHM])
        except (JoseError, ValueError):
            continue
        return key, decoded.claims
    raise InvalidClientError(description="The assertion is not signed by the node's key.")


def _settle_on(node_id: UUID, key: dict[str, Any]) -> None:
    # The node has begun to use its new key: the old one ends now.
    values = {"auth_key": key, "next_auth_key": None, "sign_key": Node.next_sign_key, "next_sign_key": None}
    change = sa.update(Node).where(Node.id == node_id, Node.next_auth_key == sa.literal(key, JSONB()))
    transaction.write(tenancy.NOWHERE, lambda: db.session.execute(change.values(values)))


def issuer() -> str:
    """Return this hub's address, which names it in assertions."""
    return runtime.current().settings.web.public_url.rstrip("/")


def answer_token_request(app: Flask, request: Request) -> Any:
    """Answer a request for a token: the token, or why there is none."""
    try:
        return _server(app).create_token_response(request)
    except RecursionError:
        raise ProtocolError("malformed", "the assertion is nested too deep") from None


def _server(app: Flask) -> TokenServer:
    server = TokenServer(app, query_client=find_client, save_token=_keep)
    generator = BearerTokenGenerator(
        lambda **_facts: ids.token(), expires_generator=lambda _client, _grant: limits.TOKEN_SECONDS
    )
    server.register_token_generator("default", generator)
    server.register_client_auth_method(AUTH_METHOD, NodeAssertion())  # pyright: ignore[reportCallIssue] - the bundled stubs describe an older Authlib
    server.register_grant(NodeGrant)
    return server


def find_client(client_id: str) -> NodeClient | None:
    """Return the node with an id, and what it may do now: nothing once its keys were withdrawn."""
    try:
        node_id = UUID(client_id)
    except ValueError:
        return None
    with transaction.reading(tenancy.NOWHERE):
        node = db.session.get(Node, node_id)
        if node is None or str(node_id) != client_id:
            return None
        transaction.detach(node)
        tenancy.confine(db.session(), replace(reach_of(node), read_only=True))
        auth_keys = tuple(each for each in (node.auth_key, node.next_auth_key) if each)
        if node.state is NodeState.REVOKED:
            return NodeClient(node.id, node.member_id, auth_keys, "", is_revoked=True)
        scope = " ".join(_scopes(control.access(node.id, node.member_id)))
        return NodeClient(node.id, node.member_id, auth_keys, scope)


def _scopes(access: Mapping[str, Access]) -> list[str]:
    read = [f"sync:read:{name}" for name in sorted(access)]
    return read + [f"sync:write:{name}" for name in sorted(access) if access[name] is Access.WRITE]


def reach_of(node: Node) -> Reach:
    """Return what may be read on behalf of a node: its member's streams and the hub's."""
    return tenancy.everywhere({installation.hub_tenant_id(), node.member_id})


def _keep(token: dict[str, Any], request: Any) -> None:
    client: NodeClient = request.client
    until = clock.now() + timedelta(seconds=limits.TOKEN_SECONDS)
    # A token lost with the server is asked for again.
    with transaction.apart(durable=False) as session:
        session.add(
            NodeToken(
                digest=_digest(token["access_token"]),
                node_id=client.id,
                scope=token.get("scope", ""),
                expires_at=until,
            )
        )


def node_actor(bearer: str) -> NodeActor | None:
    """Return the node a token stands for; None if it is unknown, too old, or its node may no longer come."""
    with transaction.reading(tenancy.NOWHERE):
        found = db.session.execute(_BEARER, {"digest": _digest(bearer)}).one_or_none()
        if found is None or found.expires_at <= clock.now() or found.Node.state is NodeState.REVOKED:
            return None
        node, scopes = found.Node, frozenset(found.scope.split())
        transaction.detach(node)
    own = Mandate(role=NODE_ROLE, scope=Scope.MEMBER, member_id=node.member_id, starts_on=clock.today())
    return NodeActor(label=str(node.id), kind="node", mandates=(own,), node=node, scopes=scopes)


def withdraw(node_id: UUID) -> None:
    """Make every token of a node useless."""
    with transaction.apart() as session:
        session.execute(sa.delete(NodeToken).where(NodeToken.node_id == node_id))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
