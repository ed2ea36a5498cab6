"""Sentences are gathered from modules and templates, and a catalogue that is not sound is refused."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from sri_admin.cli import sentences
from sri_admin.cli.program import program
from sri_admin.kernel import i18n as shown

ENTRY = 'msgid "{}"\nmsgstr "{}"\n\n'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A folder of translations of our own, with a program that has two sentences."""
    package = tmp_path / "program"
    (package / "templates").mkdir(parents=True)
    (package / "say.py").write_text('_("Good %(name)s")\nngettext("%(num)s day", "%(num)s days", 2)\n')
    (package / "templates" / "page.html").write_text("{{ _('Welcome') }}")
    root = tmp_path / "translations"
    (root / "ar" / "LC_MESSAGES").mkdir(parents=True)
    (root / "ar" / "LC_MESSAGES" / "messages.po").write_text('msgid ""\nmsgstr ""\n"Language: ar\\n"\n\n')
    for module, name, value in (
        (sentences, "PACKAGE", package),
        (sentences, "ROOT", root),
        (sentences, "TEMPLATE", root / "messages.pot"),
        (shown, "ROOT", root),
    ):
        monkeypatch.setattr(module, name, value)
    _forget()
    yield root
    _forget()


def _forget() -> None:
    shown.catalogue.cache_clear()
    shown.available.cache_clear()


def check() -> tuple[int, str]:
    _forget()
    result = CliRunner().invoke(program, ["i18n", "check"])
    return result.exit_code, result.output


def test_extract_gathers_modules_and_templates_and_updates_each_catalogue(root: Path) -> None:
    result = CliRunner().invoke(program, ["i18n", "extract"])
    assert "3 sentences were gathered." in result.output
    for path in (root / "messages.pot", root / "ar" / "LC_MESSAGES" / "messages.po"):
        text = path.read_text()
        assert all(f'"{each}"' in text for each in ("Welcome", "Good %(name)s", "%(num)s day"))
    assert (root / "ar/LC_MESSAGES/messages.po").read_text().count("msgstr[") == 6


def test_extract_again_changes_nothing(root: Path) -> None:
    CliRunner().invoke(program, ["i18n", "extract"])
    before = {path: path.read_bytes() for path in root.rglob("*.po*")}
    CliRunner().invoke(program, ["i18n", "extract"])
    assert before == {path: path.read_bytes() for path in root.rglob("*.po*")}


def test_check_names_what_the_template_lacks(root: Path) -> None:
    code, said = check()
    assert code == 1
    assert "'Welcome'. Run “sri-admin i18n extract”." in said


def test_check_names_untranslated_and_unsound_sentences(root: Path) -> None:
    CliRunner().invoke(program, ["i18n", "extract"])
    path = root / "ar" / "LC_MESSAGES" / "messages.po"
    path.write_text(
        path.read_text().replace('msgid "Good %(name)s"\nmsgstr ""', 'msgid "Good %(name)s"\nmsgstr "%(x)s"')
    )
    code, said = check()
    assert code == 1
    assert "ar: not translated: 'Welcome'" in said
    assert "ar: 'Good %(name)s': its placeholders differ from the source" in said


def test_every_sentence_of_the_program_can_be_gathered() -> None:
    found = sentences.gathered()
    assert sentences.count(found) > 300
