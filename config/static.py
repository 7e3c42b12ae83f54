"""Static files under names that carry a hash of their content."""

from collections.abc import Callable
from re import Match
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

Converter = Callable[[Match[str]], str]

OUR_FOLDERS = ("studies", "questionnaires", "fieldwork", "qc", "exports")


class HashedStaticStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites the imports between our ES modules, so that a page never mixes old and new ones.

    Only in our own scripts: elsewhere the search takes ``import("../x")`` in a comment for an import and
    fails on the file that is not there (htmx has such comments). It finds ``import ... from "./x.js";``
    with the semicolon; modules must not import each other in a circle.
    """

    support_js_module_import_aggregation = True
    # A pass carries a changed name one import further up, so there have to be as many as the longest chain of
    # modules is long. Django's five are for style sheets.
    max_post_process_passes = 40

    def url_converter(self, name: str, hashed_files: Any, template: str | None = None) -> Converter:
        if name.endswith(".js") and name.partition("/")[0] not in OUR_FOLDERS:
            return lambda match: match["matched"]
        convert: Converter = super().url_converter(name, hashed_files, template)
        return convert
