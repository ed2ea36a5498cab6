"""The standard we begin with, in our own words: a draft until SRI adopts it. A later wording is a new edition."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sri_admin.integrity.rules.edition_words import EXPECTATIONS, PROMPTS, TITLES
from sri_admin.kernel.text import Text

STANDARD: Final = "sri-integrity"
EDITION_NO: Final = "0.1"
IN_FORCE_FROM: Final = date(2026, 1, 1)
NAMES: Final = Text.of(
    "What SRI expects of a member country",
    ar="ما تنتظره SRI من البلد العضو",
    fr="Ce que SRI attend d’un pays membre",
    pl="Czego SRI oczekuje od kraju członkowskiego",
    es="Lo que SRI espera de un país miembro",
)


class Zone(StrEnum):
    """Whether a country may meet a criterion in its own way."""

    CORE = "core"
    ADAPTABLE = "adaptable"


class Metric(StrEnum):
    """What a computed criterion is computed from."""

    RETURNS_ON_TIME = "returns_on_time"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A criterion as it is entered."""

    uid: str
    ref: str
    zone: Zone
    is_critical: bool = False
    metric: Metric | None = None

    @property
    def title(self) -> Text:
        """What it is about."""
        return _text(TITLES[self.uid])

    @property
    def prompt(self) -> Text:
        """What is asked."""
        return _text(PROMPTS[self.uid])

    @property
    def expectation(self) -> Text:
        """What shows it."""
        return _text(EXPECTATIONS[self.uid])


CRITERIA: Final = (
    Planned(uid="separation", ref="1.1", zone=Zone.CORE, is_critical=True),
    Planned(uid="fidelity", ref="2.1", zone=Zone.CORE, is_critical=True),
    Planned(uid="safeguarding", ref="3.1", zone=Zone.CORE, is_critical=True),
    Planned(uid="access", ref="4.1", zone=Zone.ADAPTABLE),
    Planned(uid="returns", ref="5.1", zone=Zone.CORE, metric=Metric.RETURNS_ON_TIME),
)


def _text(words: dict[str, str]) -> Text:
    return Text.of(words["en"], **{tag: text for tag, text in words.items() if tag != "en"})
