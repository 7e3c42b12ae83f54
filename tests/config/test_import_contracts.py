"""The contract that keeps views, forms and the like inside their app."""

import grimp
import pytest

from tests.import_contracts import PrivateLayers


def contract() -> PrivateLayers:
    options = {"layers": ["views", "forms"]}
    return PrivateLayers(name="private", session_options={}, contract_options=options)


@pytest.mark.parametrize(
    ("importer", "imported", "kept"),
    [
        ("qc.views.audits", "fieldwork.views.calls", False),
        ("qc.services.audits", "fieldwork.forms", False),
        ("qc.services.audits", "fieldwork.services.calls", True),
        ("fieldwork.urls", "fieldwork.views.calls", True),
        ("config.urls", "fieldwork.views.calls", True),
    ],
)
def test_private_layers(importer: str, imported: str, kept: bool) -> None:
    graph = grimp.ImportGraph()
    graph.add_import(importer=importer, imported=imported)
    assert contract().check(graph, verbose=False).kept is kept
