"""How meetings are found by their names."""

from sri_admin.kernel.text import Text
from sri_admin.members.rules.naming import fold


def search_text(names: Text) -> str:
    """Return what a search looks in: the name in every language, without case and marks."""
    return fold(" ".join(names.texts.values()))
