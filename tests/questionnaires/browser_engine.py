"""The browser's engine in a V8 inside the test process: its modules put one after the other into one script.

Only the tests join them so; the product serves the modules as they are.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from py_mini_racer import MiniRacer

HERE = Path(__file__).parent
ENGINE = HERE.parents[1] / "questionnaires" / "static" / "questionnaires" / "engine"
_IMPORT = re.compile(r"^import\s[^;]*?from\s+\"\./([\w.]+)\";\n", re.M)
_REEXPORT = re.compile(r"^export\s*\{[^}]*\}\s*from\s+\"\./([\w.]+)\";\n", re.M)


def _in_order(name: str, seen: list[str]) -> list[str]:
    """The module and those that it imports, each after what it needs."""
    source = (ENGINE / name).read_text()
    for needed in _IMPORT.findall(source) + _REEXPORT.findall(source):
        if needed not in seen:
            _in_order(needed, seen)
    if name not in seen:
        seen.append(name)
    return seen


def joined_source() -> str:
    """All modules of the engine as one script."""
    parts = []
    for name in _in_order("flow.js", []):
        source = _REEXPORT.sub("", _IMPORT.sub("", (ENGINE / name).read_text()))
        parts.append(re.sub(r"^export (?=function|class|const)", "", source, flags=re.M))
    return "\n".join(parts)


@cache
def _context() -> MiniRacer:
    context = MiniRacer()
    context.eval(joined_source())
    context.eval((HERE / "trace.js").read_text())
    return context


def call(function: str, *arguments: Any) -> Any:
    """Call a function of trace.js with JSON arguments; gives its JSON result."""
    texts = ", ".join(json.dumps(json.dumps(argument)) for argument in arguments)
    return json.loads(_context().eval(f"run({json.dumps(function)}, [{texts}])"), parse_int=_number)


def _number(text: str) -> int | float:
    """JavaScript writes doubles beyond 2^53 without exponent; read as integers they would not equal the double."""
    return int(text) if len(text) < 17 else float(text)
