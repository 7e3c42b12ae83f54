"""Collecting and compiling the texts of the interface, with Babel in place of the system's gettext.

Catalogues: ``locale/<language>/LC_MESSAGES/django.po`` for Python and templates, ``djangojs.po`` for scripts.
English is the language of the sources and needs no catalogue.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
COMMENT_TAGS = ["Translators:"]
# Which files belong to which catalogue, and how Babel reads them. A template is first turned into what looks
# like a script, by Django itself.
DOMAINS = {
    "django": {"*.py": "python", "*.html": "javascript", "*.txt": "javascript"},
    "djangojs": {"*.js": "javascript"},
}
APPS = ("config", "studies", "questionnaires", "fieldwork", "qc", "exports")

# What a program puts into a text, in either notation, and the tags of a template's text.
MARK = re.compile(r"%\([a-z_]+\)[sdr]|%[sd%]|\{\{|\}\}|\{[a-z_]*\}|</?[a-z]+>")

# The header of a catalogue needs a date; with the real one a catalogue would change when no text has.
UNDATED = datetime(2000, 1, 1, tzinfo=UTC)

Extracted = tuple[int, Any, list[str], str | None]


def languages() -> list[str]:
    """Return the languages that have a catalogue."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def catalogue_path(language: str, domain: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / f"{domain}.po"


def collect(domain: str) -> Catalog:
    """Return every text of the sources that belongs to the domain."""
    catalogue = Catalog(project="Dala", charset="utf-8", creation_date=UNDATED)
    for file, method in _sources(domain):
        place = file.relative_to(settings.BASE_DIR).as_posix()
        for line, text, comments, context in _messages(file, method):
            catalogue.add(text, None, [(place, line)], auto_comments=comments, context=context)
    return catalogue


def update(language: str, domain: str) -> tuple[Path, int]:
    """Bring one catalogue up to date with the sources; return it and how many texts it lacks.

    A catalogue that would be empty is not begun.
    """
    path = catalogue_path(language, domain)
    catalogue = read(path, language)
    texts = collect(domain)
    if not path.exists() and not len(texts):
        return path, 0
    catalogue.update(texts, no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        # Without line numbers, so that a catalogue only changes when its texts do.
        write_po(file, catalogue, width=100, sort_by_file=True, include_lineno=False, omit_header=False)
    return path, len(missing(catalogue))


def read(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(
            locale=language,
            project="Dala",
            header_comment=f"# The interface of Dala ({language}). The terms are in docs/glossary.md.",
            charset="utf-8",
            creation_date=UNDATED,
            revision_date=UNDATED,
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=language)


def missing(catalogue: Catalog) -> list[str]:
    """Return the texts that have no translation, or not all plural forms of one."""
    return [str(message.id) for message in catalogue if message.id and not _is_translated(message.string)]


def defects(language: str, domain: str) -> list[str]:
    """Say what a catalogue lacks or has wrong, one line for each text, beginning with the text itself."""
    catalogue = read(catalogue_path(language, domain), language)
    wanted = collect(domain)
    found = [
        f"{message.id!r}: {problem}"
        for message in wanted
        if message.id and (problem := _problem(catalogue.get(message.id, message.context), message.id))
    ]
    left_over = [
        f"{message.id!r}: is not in the sources any more"
        for message in catalogue
        if message.id and wanted.get(message.id, message.context) is None
    ]
    return found + left_over


def _problem(message: Message | None, text: str | Sequence[str]) -> str:
    """Return what is wrong with the translation of a text; nothing when it is right."""
    if message is None or message.string is None or not _is_translated(message.string):
        return "has no translation"
    if message.fuzzy:
        return "is marked as fuzzy"
    # A form for one thing may leave its number out; the text for many has every placeholder.
    whole = text if isinstance(text, str) else text[1]
    forms = [message.string] if isinstance(message.string, str) else message.string
    return next((f"{form!r} has other placeholders" for form in forms if marks(form) != marks(whole)), "")


def marks(text: str) -> Counter[str]:
    """Count the placeholders and tags of a text, which its translations have to keep."""
    return Counter(MARK.findall(text))


def compile_all() -> Iterator[Path]:
    """Compile the catalogues that are newer than their compiled form; yield those."""
    for path in sorted(Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/*.po")):
        compiled = path.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime:
            continue
        content = io.BytesIO()
        write_mo(content, read(path, path.parent.parent.name))
        unfinished = compiled.with_suffix(".mo.new")
        unfinished.write_bytes(content.getvalue())
        unfinished.replace(compiled)
        yield path


def _is_translated(string: str | Iterable[str] | None) -> bool:
    return bool(string) if isinstance(string, str | None) else all(string)


def _sources(domain: str) -> Iterator[tuple[Path, str]]:
    for app in APPS:
        for pattern, method in DOMAINS[domain].items():
            for file in sorted((settings.BASE_DIR / app).rglob(pattern)):
                if "migrations" not in file.parts:
                    yield file, method


def _messages(file: Path, method: str) -> Iterable[Extracted]:
    source = file.read_text(encoding="utf-8")
    if file.suffix in {".html", ".txt"}:
        source = templatize(source, origin=str(file))
    return extract(method, io.BytesIO(source.encode()), KEYWORDS, COMMENT_TAGS)
