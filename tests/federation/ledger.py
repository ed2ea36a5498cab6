"""Every line anybody ever committed, and where it is now: what was not lost with its only holder must be somewhere.

A line is found in a log, in its erased form, or among what is kept for a person. Only one that a newer line of its
record has replaced may be gone, and only where old lines were pruned.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa

from sri_admin.federation import chain
from sri_admin.federation.models import SyncLine
from sri_admin.federation.salvage_models import SyncSalvage
from sri_admin.kernel.db import db
from tests.federation.world import Site, World


class Entry(NamedTuple):
    """What a line says it is about."""

    kind: str | None
    rec: str | None
    rev: int


def _digest(raw: bytes) -> str:
    line = json.loads(raw)
    return line["h"] if line["k"] == "x" else chain.line_hash(raw).hex()


def held(site: Site) -> dict[str, Entry]:
    """Return every line an installation holds, in a log or for a person, by its hash."""
    return site.read(_held)


def _held() -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for model in (SyncLine, SyncSalvage):
        for raw, kind, rec, rev in db.session.execute(sa.select(model.line, model.kind, model.rec, model.rev)):
            found[_digest(raw)] = Entry(kind, str(rec) if rec else None, rev or 0)
    return found


def everything(sites: Iterable[Site]) -> dict[str, Entry]:
    """Return every line anybody holds."""
    found: dict[str, Entry] = {}
    for site in sites:
        found |= held(site)
    return found


@dataclass
class Ledger:
    """What was ever committed, without what was lost with its only holder."""

    ever: dict[str, Entry] = field(default_factory=dict)
    pruned: bool = False
    noted: dict[str, int] = field(default_factory=dict)

    def note(self, world: World) -> None:
        """Note what everybody holds who did anything since it was noted last."""
        changed = [site for site in world.sites if self.noted.get(site.name) != site.uses]
        self.ever |= everything(changed)
        self.noted |= {site.name: site.uses for site in changed}

    def going_back(self, world: World, site: Site) -> dict[str, Entry]:
        """Return what only one site holds just before it goes back, or its copy takes its place."""
        self.note(world)
        others = everything(each for each in world.sites if each is not site)
        return {h: entry for h, entry in held(site).items() if h not in others}

    def gone_back(self, world: World, site: Site, only_there: dict[str, Entry]) -> None:
        """Forget what was held by that site alone and is not there any more, and what only that had replaced."""
        newest: dict[tuple[str | None, str | None], int] = {}
        for h in only_there.keys() - held(site).keys():
            entry = self.ever.pop(h)
            newest[entry[:2]] = max(newest.get(entry[:2], 0), entry.rev)
        if self.pruned and newest:
            now = everything(world.sites)
            replaced = [h for h, each in self.ever.items() if h not in now and newest.get(each[:2], 0) > each.rev]
            for h in replaced:
                del self.ever[h]

    def lost(self, world: World) -> list[Entry]:
        """Return the lines that are nowhere although somebody who holds on to them had them."""
        now = everything(world.sites)
        newest: dict[tuple[str | None, str | None], int] = {}
        for entry in now.values():
            newest[entry[:2]] = max(newest.get(entry[:2], 0), entry.rev)
        missing = [entry for h, entry in self.ever.items() if h not in now]
        return [each for each in missing if not (self.pruned and newest.get(each[:2], 0) > each.rev)]
