"""`sri-admin hub root`: the keys above the hub's own, which lie on sticks in several hands.

Making a root key and signing with one need neither configuration nor database: they are done on machines that never
see the hub.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from sri_admin.cli.context import entering
from sri_admin.federation import keys, roots, words
from sri_admin.federation.lines import ProtocolError
from sri_admin.federation.root import read_payload, sign_root
from sri_admin.kernel import actor
from sri_admin.kernel.i18n import gettext as _
from sri_admin.kernel.signing import SignatureError, SigningKey, VerifyKey, fingerprint

_DOER = actor.system("hub root")
_FILE = click.Path(path_type=Path, dir_okay=False)
_THERE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group("hub")
def hub() -> None:
    """Look after a hub."""


@hub.group("root")
def root() -> None:
    """Change the root: the keys that say which keys are the hub's."""


@root.command("key")
@click.option("--out", required=True, type=_FILE, help="Where the secret half goes; the public half gets .pub.")
@click.password_option("--password", help="What locks the secret half.")
def key(out: Path, password: str) -> None:
    """On a machine of its own: make a root key, locked with a password."""
    made = SigningKey.generate()
    _write_new(out, made.to_pem(password=password.encode()))
    _write_new(out.with_name(out.name + ".pub"), made.verify_key.to_pem())
    click.echo(_("Made key %(kid)s. Its digits: %(digits)s", kid=made.kid, digits=fingerprint(made.verify_key)))


@root.command("show")
@entering
def show() -> None:
    """Print every version of the root that is trusted here."""
    for each in keys.roots():
        held = ", ".join(key.kid for key in each.keys)
        said = _("Version %(version)s: %(needed)s of %(held)s", version=each.version, needed=each.threshold, held=held)
        click.echo(said)


@root.command("new")
@click.option("--out", required=True, type=_FILE, help="Where the draft goes.")
@click.option("--key", "public", multiple=True, type=_THERE, help="Public half of a root key; without any, they stay.")
@click.option("--threshold", type=click.IntRange(min=1), help="How many of them must sign; without it, as before.")
@click.option("--new-control-key", is_flag=True, help="Also give the hub a new key of its own.")
@click.option("--drop", multiple=True, help="A control key that is no longer vouched for at all.")
@entering
def new(
    out: Path, public: tuple[Path, ...], threshold: int | None, drop: tuple[str, ...], *, new_control_key: bool
) -> None:
    """At the hub: draft the next version, to be signed by the holders of root keys."""
    with _in_plain_words():
        given = [VerifyKey.from_pem(each.read_bytes()) for each in public]
        made = roots.draft(root_keys=given, threshold=threshold, new_control_key=new_control_key, drop=drop)
    out.write_bytes(made)
    click.echo(_("The draft of version %(version)s is in %(file)s.", version=read_payload(made).version, file=str(out)))


@root.command("sign")
@click.argument("draft", type=_THERE)
@click.option("--key", "secret", required=True, type=_THERE, help="The secret half of a root key.")
@click.option("--password", prompt=True, hide_input=True, default="", help="What unlocks it.")
@click.option("--out", required=True, type=_FILE, help="Where the signed file goes.")
def sign(draft: Path, secret: Path, password: str, out: Path) -> None:
    """On a machine of its own: sign a draft with a root key."""
    payload = draft.read_bytes()
    with _in_plain_words():
        said = read_payload(payload)
        signer = SigningKey.from_pem(secret.read_bytes(), password=password.encode() or None)
    out.write_bytes(sign_root(payload, [signer]))
    click.echo(_("Signed version %(version)s by %(kid)s.", version=said.version, kid=signer.kid))


@root.command("publish")
@click.argument("files", nargs=-1, required=True, type=_THERE)
@entering
def publish(files: tuple[Path, ...]) -> None:
    """At the hub: put the next version in force from the signed files. Safe to repeat."""
    with _in_plain_words():
        made = roots.publish(_DOER, [each.read_bytes() for each in files])
    click.echo(_("Version %(version)s of the root is in force.", version=made.version))


def _write_new(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)


@contextmanager
def _in_plain_words() -> Iterator[None]:
    try:
        yield
    except ProtocolError as error:
        reasons = words.trouble(error.code)
        raise click.ClickException(f"{reasons.wrong} ({error.code}: {error.detail})") from error
    except SignatureError as error:
        said = _("This is no key of the kind that is needed, or the password is wrong.")
        raise click.ClickException(said) from error
