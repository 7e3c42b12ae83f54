"""Finds the browser for the browser tests: ``python -m tests.chromium`` prints its path, or installs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def find() -> str | None:
    """Return the path of a Chromium or Chrome; CHROMIUM in the environment comes first."""
    candidates = [os.environ.get("CHROMIUM"), *NAMES, MAC]
    return next((path for name in candidates if name and (path := shutil.which(name))), None)


def install() -> None:
    """Install it where that needs no questions: as root on Debian, Ubuntu and their like."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print("Installing Chromium for the browser tests ...", file=sys.stderr)
    quiet = {"stdout": subprocess.DEVNULL, "check": False, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-q"], **quiet)
    subprocess.run(["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"], **quiet)


def main() -> None:
    if not find():
        install()
    path = find()
    if not path:
        sys.exit("The browser tests need Chromium: install `chromium`, or name one: make test CHROMIUM=/path/to/chrome")
    print(path)


if __name__ == "__main__":
    main()
