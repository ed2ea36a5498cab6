"""The pages of sign-in, access, the own account and the settings."""
