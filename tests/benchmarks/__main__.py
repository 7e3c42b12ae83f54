"""`make bench`: the slow spots, each beside a floor measured in the same run.

Servers, database and files are real and of this run alone (var/bench); PostgreSQL is as durable as in production.
What counts is the ratio: seconds differ from machine to machine, the ratio says what our code adds to what can't be
avoided.
"""

from __future__ import annotations

import os
import shutil
import sys

from config import environment

FOLDER = environment.BASE_DIR / "var" / "bench"
os.environ |= {
    "DATA_DIR": str(FOLDER),
    "SECRET_KEY": "used-in-benchmarks-only-0123456789abcdefghijklmnopqrstuvwxyz",
    "STATIC_HASHED": "0",
    "LOG_LEVEL": "ERROR",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}
for name in ("DATABASE_URL", "REDIS_URL"):
    os.environ.pop(name, None)


def main() -> None:
    import django

    from config import runtime

    shutil.rmtree(FOLDER, ignore_errors=True)
    django.setup()
    try:
        with runtime.running(FOLDER, postgres=True, valkey=True, throwaway=False):
            measure_all(set(sys.argv[1:]))
    finally:
        runtime.remove(FOLDER)
        shutil.rmtree(FOLDER, ignore_errors=True)


def measure_all(wanted: set[str]) -> None:
    from django.core.management import call_command

    from tests.benchmarks import draw, journal, next_case, sav
    from tests.benchmarks.measure import show, show_head

    call_command("migrate", verbosity=0, interactive=False)
    # The draw leaves the million numbers among which the next case is looked for.
    benchmarks = {"draw": draw, "next_case": next_case, "journal": journal, "sav": sav}
    show_head()
    for name, module in benchmarks.items():
        if not wanted or name in wanted or (name == "draw" and "next_case" in wanted):
            for comparison in module.measure():
                show(comparison)


if __name__ == "__main__":
    main()
