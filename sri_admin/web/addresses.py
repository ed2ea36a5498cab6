"""Addresses the frame links to and some part above serves."""

SIGN_IN = "/sign-in"
SIGN_IN_CODE = "/sign-in/code"
SIGN_OUT = "/sign-out"
PASSWORD_AGAIN = "/password-again"  # noqa: S105 - an address
ACCOUNT = "/account"
SECOND_STEP = "/account/second-step"
RESTORED = "/restored"
