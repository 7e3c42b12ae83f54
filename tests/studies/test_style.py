"""The stylesheet keeps its promises: text can be read in both themes, and pages need nothing but it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CSS = (ROOT / "studies/static/studies/site.css").read_text()
APPS = ("config", "studies", "questionnaires", "fieldwork", "qc", "exports")

#: Text and the grounds it stands on somewhere; WCAG 2.2 asks 4.5:1 of text (SC 1.4.3).
TEXT_ON = [
    *[(text, ground) for text in ("ink", "ink-2", "accent") for ground in ("paper", "surface", "sunken")],
    *[(state, f"{state}-soft") for state in ("good", "warn", "bad", "info")],
    *[(state, ground) for state in ("good", "warn", "bad", "info") for ground in ("paper", "surface")],
    *[("ink", f"{state}-soft") for state in ("good", "warn", "bad", "info", "accent")],
    ("accent-ink", "accent"),
    ("accent", "accent-soft"),
    ("surface", "bad"),
    ("heat-ink", "accent"),
]
#: Edges of controls; WCAG asks 3:1 (SC 1.4.11).
EDGES = [("line-strong", "surface"), ("line-strong", "paper"), ("accent", "surface"), ("accent", "paper")]


@cache
def tokens() -> dict[str, tuple[str, str]]:
    found = re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", CSS)
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(front: str, back: str, share: float) -> str:
    """`color-mix(in srgb, front share, back)`."""
    parts = [
        round(int(front[place : place + 2], 16) * share + int(back[place : place + 2], 16) * (1 - share))
        for place in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)


def test_contrast_is_reckoned_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON, ids=lambda name: name)
def test_text_can_be_read(text: str, ground: str, theme: int) -> None:
    assert contrast(tokens()[text][theme], tokens()[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), EDGES, ids=lambda name: name)
def test_edges_of_controls_can_be_seen(edge: str, ground: str, theme: int) -> None:
    assert contrast(tokens()[edge][theme], tokens()[ground][theme]) >= 3


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_numbers_in_every_step_of_the_heat_map_can_be_read(theme: int) -> None:
    steps = re.findall(
        r"\.heat-(\d) \{ background: color-mix\(in srgb, var\(--accent\) (\d+)%, var\(--surface\)\)", CSS
    )
    assert len(steps) == 10
    for _, percent in steps:
        ground = mixed(tokens()["accent"][theme], tokens()["surface"][theme], int(percent) / 100)
        assert contrast(tokens()["ink"][theme], ground) >= 4.5, percent


def test_every_colour_and_space_that_is_used_is_a_token() -> None:
    sheets = [path for app in APPS for path in (ROOT / app).glob("static/**/*.css")]
    assert sheets
    for sheet in sheets:
        text = sheet.read_text()
        defined = set(re.findall(r"(--[a-z0-9-]+):", CSS + text))
        assert set(re.findall(r"var\((--[a-z0-9-]+)", text)) <= defined, sheet


def test_templates_have_nothing_that_the_security_policy_would_block() -> None:
    templates = [path for app in APPS for path in (ROOT / app).glob("templates/**/*.html")]
    assert len(templates) > 20
    blocked = re.compile(r"""\s(style|on[a-z]+)=["']|<style|<script(?![^>]*\b(src|type="application/json")\b)""")
    for template in templates:
        assert not blocked.search(template.read_text()), template
