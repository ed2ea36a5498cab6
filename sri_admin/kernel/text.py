"""Short texts people read, in several languages in one column."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from sri_admin.kernel import i18n

LONGEST = 2000
_SOURCE_KEY = "source"


def digest(text: str) -> str:
    """Return the eight hex digits by which a translation names the source text it was made from."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Text:
    """A source text and its translations, by language tag; each translation names the source it was made from."""

    source: str
    texts: Mapping[str, str]
    made_from: Mapping[str, str]

    @classmethod
    def of(cls, text: str, lang: str = i18n.SOURCE, **translations: str) -> "Text":
        """Make a text from its source and current translations, tags written with underscores (es_MX)."""
        made = {tag.replace("_", "-"): words for tag, words in translations.items()}
        return cls(lang, {lang: text, **made}, dict.fromkeys(made, digest(text)))

    @classmethod
    def told(cls, sentence: i18n.LazyText) -> "Text":
        """Make a text of a sentence of ours, in every language it is translated into today."""
        told = {}
        for tag in i18n.available():
            with i18n.using(tag, pseudo=False):
                told[tag] = str(sentence.now())
        source = told.pop(i18n.SOURCE)
        made = {tag: words for tag, words in told.items() if words != source}
        return cls(i18n.SOURCE, {i18n.SOURCE: source, **made}, dict.fromkeys(made, digest(source)))

    @classmethod
    def from_wire(cls, value: Mapping[str, Any]) -> "Text":
        """Read the stored form, `{"source": "en", "en": {"t": …}, "fr": {"t": …, "of": …}}`."""
        parts = {tag: part for tag, part in value.items() if tag != _SOURCE_KEY}
        made_from = {tag: part["of"] for tag, part in parts.items() if "of" in part}
        return cls(value[_SOURCE_KEY], {tag: part["t"] for tag, part in parts.items()}, made_from)

    def to_wire(self) -> dict[str, Any]:
        """Write the stored form."""
        parts = {
            tag: {"t": text} | ({"of": self.made_from[tag]} if tag in self.made_from else {})
            for tag, text in self.texts.items()
        }
        return {_SOURCE_KEY: self.source, **parts}

    def shown(self, tag: str | None = None) -> tuple[str, str]:
        """Return the text and its language for a reader, along the fallback chain, else the source."""
        for candidate in i18n.chain(tag or i18n.locale()):
            if candidate in self.texts:
                return self.texts[candidate], candidate
        return self.texts[self.source], self.source

    def is_stale(self, tag: str) -> bool:
        """Say whether the source changed after this translation was made."""
        return tag in self.made_from and self.made_from[tag] != digest(self.texts[self.source])

    def with_text(self, tag: str, words: str) -> "Text":
        """Return a copy in which one language says something else."""
        made_from = dict(self.made_from)
        if tag != self.source:
            made_from[tag] = digest(self.texts[self.source])
        return Text(self.source, {**self.texts, tag: words}, made_from)

    def __str__(self) -> str:
        return self.shown()[0]


class TextColumn(TypeDecorator[Text]):
    """A `Text` in a jsonb column."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: Text | None, dialect: Any) -> Any:
        """Store the wire form."""
        return None if value is None else value.to_wire()

    def process_result_value(self, value: Any, dialect: Any) -> Text | None:
        """Read the wire form."""
        return None if value is None else Text.from_wire(value)
