"""Where a person may be led: to a path of our own, never elsewhere."""

from urllib.parse import urlsplit


def own_path(target: str | None, default: str = "/") -> str:
    """Return the target if it is a plain path of this site, else the default."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or not target.isprintable():
        return default
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else default


def path_of_referrer(referrer: str | None, default: str = "/") -> str:
    """Return the path of the page a person came from."""
    try:
        parts = urlsplit(referrer or "")
    except ValueError:
        return default
    return own_path(parts.path + (f"?{parts.query}" if parts.query else ""), default)
