"""The lock for production holds everything that production imports, also what a library forgot to ask for."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from config import environment

#: Imports the product with only the locked packages in sight; what tests and linters bring can't be imported.
IMPORT_ALL = """
import importlib.abc, re, sys
from importlib.metadata import packages_distributions

def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()

locked = {normal(name) for name in sys.argv[1].split()}
hidden = {
    module
    for module, names in packages_distributions().items()
    if not any(normal(name) in locked for name in names)
}

class Hide(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"{name} is not in requirements.lock", name=name)

sys.meta_path.insert(0, Hide())
import django
django.setup()
import config.celery, config.urls, config.wsgi, gunicorn.app.wsgiapp, gunicorn.workers.gthread, kombu.transport.redis
config.celery.app.loader.import_default_modules()
from django.core.management import get_commands, load_command_class
for name, app in get_commands().items():
    load_command_class(app, name)
"""


def test_the_product_runs_on_what_is_locked() -> None:
    lock = (environment.BASE_DIR / "requirements.lock").read_text()
    locked = " ".join(re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE))
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, locked],
        capture_output=True,
        text=True,
        check=False,
        cwd=environment.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
    )
    assert done.returncode == 0, done.stderr
