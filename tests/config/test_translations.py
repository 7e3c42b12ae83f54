"""Collecting and compiling translations without the system's gettext."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from config import translations

PYTHON = """
from django.utils.translation import gettext as _, ngettext, pgettext
_("a word")
ngettext("%(n)d case", "%(n)d cases", 2)
pgettext("of a study", "in the field")
"""
TEMPLATE = """{% load i18n %}<p>{% translate "it's here" %}</p>{# not a text #}
{% blocktranslate count n=cases %}{{ n }} call{% plural %}{{ n }} calls{% endblocktranslate %}
{% trans "in the field" context "of a study" %} <input title="{{ _("short form") }}">"""
SCRIPT = "const label = gettext('saved');"


@pytest.fixture
def sources(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "studies" / "templates").mkdir(parents=True)
    (tmp_path / "studies" / "code.py").write_text(PYTHON)
    (tmp_path / "studies" / "templates" / "page.html").write_text(TEMPLATE)
    (tmp_path / "studies" / "script.js").write_text(SCRIPT)
    with override_settings(BASE_DIR=tmp_path, LOCALE_PATHS=[tmp_path / "locale"]):
        yield tmp_path


def test_texts_of_python_templates_and_scripts_are_found(sources: Path) -> None:
    catalogue = translations.collect("django")
    assert {message.id for message in catalogue if message.id} == {
        "a word",
        ("%(n)d case", "%(n)d cases"),
        "in the field",
        "it's here",
        ("%(n)s call", "%(n)s calls"),
        "short form",
    }
    assert catalogue.get("in the field", "of a study")
    assert {message.id for message in translations.collect("djangojs") if message.id} == {"saved"}


def test_a_catalogue_keeps_translations_and_only_changes_with_its_texts(sources: Path) -> None:
    path, lacking = translations.update("ru", "django")
    assert lacking == 6
    path.write_text(path.read_text().replace('msgid "a word"\nmsgstr ""', 'msgid "a word"\nmsgstr "слово"'))
    _, lacking = translations.update("ru", "django")
    assert lacking == 5
    once = path.read_bytes()
    translations.update("ru", "django")
    assert path.read_bytes() == once
    assert "слово" in path.read_text()


def test_only_changed_catalogues_are_compiled(sources: Path) -> None:
    path, _ = translations.update("ru", "django")
    assert list(translations.compile_all()) == [path]
    assert path.with_suffix(".mo").exists()
    assert list(translations.compile_all()) == []


def test_russian_has_its_three_plural_forms(sources: Path) -> None:
    path, _ = translations.update("ru", "django")
    assert "nplurals=3" in path.read_text()
    assert "msgstr[2]" in path.read_text()
