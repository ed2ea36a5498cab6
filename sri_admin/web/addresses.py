"""Addresses the frame links to and some part above serves."""

SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"
PASSWORD_AGAIN = "/password-again"  # noqa: S105 - an address
ACCOUNT = "/account"
RESTORED = "/restored"
