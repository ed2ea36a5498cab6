"""A node's own keys for talking: the ES256 key of its access tokens, in a file only its owner can read."""

import json
from typing import Any

from authlib.oauth2.rfc7523.assertion import sign_jwt_bearer_assertion
from authlib.oauth2.rfc7523.client import ASSERTION_TYPE
from joserfc.jwk import ECKey

from sri_admin.federation.limits import ASSERTION_SECONDS
from sri_admin.kernel import ids, installation, runtime

CURVE, ALGORITHM = "P-256", "ES256"
_FILE = "auth_key.json"


def auth_key() -> ECKey:
    """Return the key that signs this node's assertions, made at first use."""
    path = installation.instance_folder(runtime.current().settings) / _FILE
    if not path.exists():
        made = new_key()
        installation.write_private_once(path, json.dumps(made.as_dict(private=True)).encode())
    return ECKey.import_key(json.loads(path.read_text()))


def new_key() -> ECKey:
    """Make a key for assertions."""
    return ECKey.generate_key(CURVE, private=True)


def use(key: ECKey) -> None:
    """Sign assertions with this key from now on."""
    path = installation.instance_folder(runtime.current().settings) / _FILE
    installation.write_private(path, json.dumps(key.as_dict(private=True)).encode())


def public_jwk(key: ECKey) -> dict[str, Any]:
    """Return the public half as it travels in an enrolment."""
    shown = key.as_dict(private=False)
    return {name: shown[name] for name in ("kty", "crv", "x", "y")}


def token_request(key: ECKey, *, node_id: str, audience: str, issued_at: int) -> dict[str, str]:
    """Return the form a node sends for an access token; `issued_at` is by the hub's clock."""
    assertion = sign_jwt_bearer_assertion(
        key,
        node_id,
        audience,
        subject=node_id,
        issued_at=issued_at,
        claims={"jti": ids.token()},
        alg=ALGORITHM,
        expires_in=ASSERTION_SECONDS,
    )
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": str(assertion),
    }
