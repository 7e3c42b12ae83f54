"""Static files: hashed names, modules that still find each other, nothing from elsewhere."""

import json
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client, override_settings

from config import environment
from config.security import POLICY
from config.static import OUR_FOLDERS

HASHED = {"staticfiles": {"BACKEND": "config.static.HashedStaticStorage"}}
IMPORT = re.compile(r"""\b(?:import|from)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All static files, collected as for production."""
    folder = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=str(folder), STORAGES=HASHED):
        call_command("collectstatic", verbosity=0, interactive=False)
    return folder


def our_scripts(folder: Path) -> list[Path]:
    return [script for app in OUR_FOLDERS for script in (folder / app).rglob("*.js")]


def test_everything_is_collected_under_a_hashed_name(collected: Path) -> None:
    paths = json.loads((collected / "staticfiles.json").read_text())["paths"]
    assert "django_htmx/htmx-2.min.js" in paths
    assert all(re.search(r"\.[0-9a-f]{12}\.", hashed) for name, hashed in paths.items() if "." in name)


def test_modules_import_each_other_under_hashed_names(collected: Path) -> None:
    for script in our_scripts(collected):
        for target in IMPORT.findall(script.read_text()):
            assert re.search(r"\.[0-9a-f]{12}\.js$", target), f"{script.name} imports {target}: is there a semicolon?"
            assert (script.parent / target).exists(), f"{script.name} imports {target}"


def test_a_module_and_its_import_are_rewritten(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "studies").mkdir(parents=True)
    (source / "studies" / "first.js").write_text('import { word } from "./second.js";\nword();\n')
    (source / "studies" / "second.js").write_text("export function word() {}\n")
    (source / "other").mkdir()
    (source / "other" / "typed.js").write_text('/** @type {import("../not/there")} */\n')
    with override_settings(
        STATIC_ROOT=str(tmp_path / "out"),
        STORAGES=HASHED,
        STATICFILES_DIRS=[str(source)],
        STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"],
    ):
        call_command("collectstatic", verbosity=0, interactive=False)
    paths = json.loads((tmp_path / "out" / "staticfiles.json").read_text())["paths"]
    first = (tmp_path / "out" / paths["studies/first.js"]).read_text()
    assert f'from "./{Path(paths["studies/second.js"]).name}"' in first


def test_no_page_and_no_style_sheet_loads_from_elsewhere() -> None:
    sources = [
        file
        for app in ("config", *OUR_FOLDERS)
        for suffix in ("html", "css", "js")
        for file in (environment.BASE_DIR / app).rglob(f"*.{suffix}")
    ]
    loads = re.compile(
        r"""(?:src|action)=["']https?:|<link[^>]*href=["']https?:|url\(["']?https?:|@import ["']?https?:"""
    )
    assert [file.name for file in sources if loads.search(file.read_text())] == []


def test_no_template_has_an_inline_script_style_or_handler() -> None:
    """The content security policy would stop them; a test says it earlier than a browser."""
    inline = re.compile(
        r"""<script(?![^>]*\bsrc=)(?![^>]*type="application/json")|<style|\sstyle=["']|\son[a-z]+=["']|hx-on"""
    )
    templates = [file for app in ("config", *OUR_FOLDERS) for file in (environment.BASE_DIR / app).rglob("*.html")]
    assert [file.name for file in templates if inline.search(file.read_text())] == []


def test_every_response_carries_the_policy(client: Client) -> None:
    response = client.get("/health")
    assert response.content == b"ok"
    assert response.headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert response.headers["X-Content-Type-Options"] == "nosniff"
