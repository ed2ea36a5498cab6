"""Addresses of callers, coarse enough not to name a person: /24 for IPv4, /64 for IPv6."""

import ipaddress
from urllib.parse import urlsplit


def prefix(address: str | None) -> str:
    """Return the network a caller comes from; an unreadable address counts as one network of its own."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    length = 24 if parsed.version == 4 else 64
    return str(ipaddress.ip_network((parsed, length), strict=False))


def is_loopback(address: str | None) -> bool:
    """Say whether a caller sits on this machine."""
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def is_local(host: str) -> bool:
    """Say whether the host of an address, with or without a port, names this machine."""
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return name == "localhost" or is_loopback(name)
