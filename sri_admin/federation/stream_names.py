"""Which streams there are and what they are called on the wire."""

import re
from enum import StrEnum
from uuid import UUID

from sri_admin.federation.lines import ProtocolError

_TOPIC = re.compile(r"[a-z][A-Za-z0-9_-]*")


class StreamClass(StrEnum):
    """What a stream carries and who writes it (docs/federation.md §1)."""

    HUB_CONTROL = "hub.control"
    HUB_REGISTRY = "hub.registry"
    HUB_MEMBER = "hub.member"
    MEMBER_OPS = "member.ops"
    MEMBER_CONTRIB = "member.contrib"
    HUB_LANGUAGE = "hub.language"
    HUB_MATERIALS = "hub.materials"

    @property
    def of_hub(self) -> bool:
        """Say whether its rows are the hub's own tenant's rather than a member's."""
        return self in {StreamClass.HUB_CONTROL, StreamClass.HUB_REGISTRY} or self.topics > 0

    @property
    def topics(self) -> int:
        """Return how many topics follow in the name: a language, or a programme type and a licence class."""
        return {StreamClass.HUB_LANGUAGE: 1, StreamClass.HUB_MATERIALS: 2}.get(self, 0)

    @property
    def by_member(self) -> bool:
        """Say whether whoever serves the member writes it."""
        return self in {StreamClass.MEMBER_OPS, StreamClass.MEMBER_CONTRIB}


HUB_CONTROL = StreamClass.HUB_CONTROL
HUB_REGISTRY = StreamClass.HUB_REGISTRY
HUB_MEMBER = StreamClass.HUB_MEMBER
MEMBER_OPS = StreamClass.MEMBER_OPS
MEMBER_CONTRIB = StreamClass.MEMBER_CONTRIB
HUB_LANGUAGE = StreamClass.HUB_LANGUAGE
HUB_MATERIALS = StreamClass.HUB_MATERIALS
OF_MEMBER = (HUB_MEMBER, MEMBER_OPS, MEMBER_CONTRIB)


def stream_name(cls: StreamClass, tenant_id: UUID, topic: str = "") -> str:
    """Return a stream's name on the wire; `topic` is what the hub's streams of languages and materials are about."""
    if cls.topics:
        return f"{cls.value}.{topic}"
    if cls.of_hub:
        return cls.value
    if cls is HUB_MEMBER:
        return f"hub.member.{tenant_id}"
    return f"member.{tenant_id}.{cls.value.split('.')[1]}"


def parse_name(name: str) -> tuple[StreamClass, UUID | None]:
    """Return a stream's class and the member it names; ProtocolError `unknown_stream`."""
    parts = name.split(".")
    for cls in StreamClass:
        if cls.topics and name.startswith(f"{cls.value}.") and len(parts) == 2 + cls.topics:
            return _topical(cls, parts[2:], name)
        if cls.of_hub and not cls.topics and name == cls.value:
            return cls, None
        if not cls.of_hub and len(parts) == 3:
            member_id = _canonical(parts[2] if cls is HUB_MEMBER else parts[1])
            if member_id is not None and stream_name(cls, member_id) == name:
                return cls, member_id
    raise ProtocolError("unknown_stream", f"there is no stream {name[:80]}")


def topic_of(name: str) -> str:
    """Return the topic in a stream's name, empty where there is none."""
    cls, _member = parse_name(name)
    return name.removeprefix(f"{cls.value}.") if cls.topics else ""


def _topical(cls: StreamClass, topics: list[str], name: str) -> tuple[StreamClass, None]:
    if all(_TOPIC.fullmatch(each) for each in topics):
        return cls, None
    raise ProtocolError("unknown_stream", f"there is no stream {name[:80]}")


def _canonical(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
