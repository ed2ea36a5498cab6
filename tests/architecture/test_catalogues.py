"""Translations: every catalogue passes the gate, and no text of a translator is ever trusted."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

from sri_admin.kernel import i18n
from sri_admin.kernel.catalogue import Catalogue, faults_of, forms_of, load
from sri_admin.kernel.i18n import Sentence
from sri_admin.web.templating import rich

SOURCES = (
    "%(country)s changed <b>%(count)s</b> records.",
    "Write to help@example.org or call +44 20 7946 0000.",
    "%(name)s signed on %(day)s: see https://example.org/a.",
    "A plain sentence without anything.",
)
TAGS = [tag for tag in i18n.available() if tag != i18n.SOURCE]
CONTROLS = ["\u202e", "\u2066", "\u200b", "\u200f", "\ufeff", "\x00", "\x1b", "\x7f", "\u0085"]
WRONG = (
    "%(planted)s",
    "%(country)r",
    "%s",
    "100 %",
    "<script>alert(1)</script>",
    '<a href="x">',
    "<i>",
    "a < b",
    "{country.__class__}",
    "https://evil.example",
    "boss@evil.example",
    "+1 555 0100 0199",
    "far too long " * 40,
)


def written(folder: Path, entries: str) -> Catalogue:
    """Write a catalogue and read it through the gate."""
    path = folder / "messages.po"
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    path.write_text(head + entries, encoding="utf-8")
    return load(path, "ar")


@pytest.mark.parametrize("tag", TAGS)
def test_a_catalogue_passes_the_gate_and_is_complete(tag: str) -> None:
    found = i18n.catalogue(tag)
    assert found is not None
    assert (found.faults, found.untranslated) == ([], [])


@pytest.mark.parametrize("tag", TAGS)
def test_a_catalogue_has_every_plural_form(tag: str) -> None:
    with (i18n.ROOT / tag.replace("-", "_") / "LC_MESSAGES" / "messages.po").open("rb") as stream:
        entries = [entry for entry in read_po(stream) if isinstance(entry.id, (tuple, list))]
    assert [entry.id for entry in entries if len(entry.string or ()) != len(forms_of(tag))] == []


def test_arabic_has_six_forms_and_english_two() -> None:
    assert forms_of("ar") == ("zero", "one", "two", "few", "many", "other")
    assert forms_of("en") == ("one", "other")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SOURCES), st.sampled_from(WRONG), st.text(st.characters(categories=["L"]), max_size=20))
def test_a_changed_translation_is_refused(source: str, wrong: str, around: str) -> None:
    assert faults_of((source,), (f"{around} {source} {wrong} {around}",), "ar") != []


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SOURCES), st.sampled_from(CONTROLS), st.data())
def test_a_hidden_character_is_refused_wherever_it_stands(source: str, control: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(source)))
    assert faults_of((source,), (source[:place] + control + source[place:],), "ar") != []


@pytest.mark.parametrize("piece", ["%(country)s", "%(count)s", "<b>", "</b>"])
def test_what_is_dropped_is_missed(piece: str) -> None:
    assert faults_of((SOURCES[0],), (SOURCES[0].replace(piece, ""),), "ar") != []


def test_a_renamed_placeholder_is_refused() -> None:
    assert faults_of((SOURCES[0],), (SOURCES[0].replace("%(count)s", "%(number)s"),), "ar") != []


def test_a_changed_address_is_refused() -> None:
    assert faults_of((SOURCES[1],), (SOURCES[1].replace("example.org", "evil.example"),), "ar") != []


def test_a_faithful_translation_passes() -> None:
    assert faults_of((SOURCES[0],), ("غيّر %(country)s <b>%(count)s</b> سجلات.",), "ar") == []


def test_too_few_plural_forms_are_refused() -> None:
    forms = ("%(num)s day", "%(num)s days")
    assert faults_of(forms, ("يوم", "%(num)s أيام"), "ar") == ["needs 6 plural forms, has 2"]


def test_a_faulty_entry_falls_back_to_the_source(tmp_path: Path) -> None:
    found = written(tmp_path, 'msgid "Stop"\nmsgstr "<script>قف</script>"\n\nmsgid "Go"\nmsgstr "اذهب"\n')
    assert (found.find(None, "Stop"), found.find(None, "Go")) == (None, "اذهب")
    assert len(found.faults) == 1


def test_an_uncertain_entry_is_not_shown(tmp_path: Path) -> None:
    assert written(tmp_path, '#, fuzzy\nmsgid "Go"\nmsgstr "قف"\n').find(None, "Go") is None


def test_a_language_falls_back_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: dict[str, dict[tuple[str | None, str], str]] = {
        "es": {(None, "Go"): "Vaya", (None, "Yes"): "Sí"},
        "es-MX": {(None, "Go"): "Váyase"},
    }
    known = {tag: Catalogue(tag, single=single) for tag, single in texts.items()}
    monkeypatch.setattr(i18n, "catalogue", known.get)
    assert i18n.chain("es-MX") == ["es-MX", "es", "en"]
    with i18n.using("es-MX"):
        assert [i18n.gettext("Go"), i18n.gettext("Yes"), i18n.gettext("No")] == ["Váyase", "Sí", "No"]


def test_the_form_follows_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    forms = ("لا يوم", "يوم", "يومان", "%(num)s أيام", "%(num)s يومًا", "%(num)s يوم")
    monkeypatch.setattr(i18n, "catalogue", {"ar": Catalogue("ar", plural={"%(num)s day": forms})}.get)
    with i18n.using("ar"):
        said = [i18n.ngettext("%(num)s day", "%(num)s days", count) for count in (0, 1, 2, 3, 11, 100)]
    assert said == ["لا يوم", "يوم", "يومان", "3 أيام", "11 يومًا", "100 يوم"]


def test_the_pseudo_switch_marks_what_was_looked_up() -> None:
    with i18n.using("en", pseudo=True):
        assert i18n.gettext("Go") == "⟦Go⟧"
        assert str(i18n.gettext_lazy("Go")) == "⟦Go⟧"
    assert i18n.gettext("Go") == "Go"


def test_a_text_value_is_isolated_and_a_number_is_not() -> None:
    assert Sentence("%(who)s has %(num)s", {"who": "س", "num": 3}) == "\u2068س\u2069 has 3"


def test_a_value_is_never_a_pattern() -> None:
    assert "%(secret)s" in Sentence("Hello %(who)s", {"who": "%(secret)s", "secret": "x"})
    assert "%(who)s" in Sentence("Hello %(who)s", {})


def test_a_value_is_never_markup() -> None:
    shown = str(rich(Sentence("<b>%(who)s</b> left", {"who": "<b>Eve</b><script>"})))
    assert shown == "<b><bdi>&lt;b&gt;Eve&lt;/b&gt;&lt;script&gt;</bdi></b> left"


@pytest.mark.parametrize("text", ["<script>x</script>", '<a href="x">y</a>', "<b onclick=x>y</b>", "<img src=x>"])
def test_a_translation_is_never_markup_but_for_the_few_tags(text: str) -> None:
    assert "<" not in str(rich(Sentence(text, {}))).replace("</b>", "")
