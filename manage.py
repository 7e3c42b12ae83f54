#!/usr/bin/env python
"""Runs a management command, with the embedded servers where no others are set."""

import os
import sys
from contextlib import nullcontext

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from config import environment, runtime

# These work on files alone; starting a database for them would only cost time.
WITHOUT_SERVERS = {"check", "collectstatic", "compilemessages", "help", "makemessages", "spectacular"}
# The demo may have to delete the data before they are opened.
WITHOUT_SERVERS |= {"demo"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    needs_servers = command not in WITHOUT_SERVERS and "--help" not in sys.argv
    try:
        if environment.embedded_postgres():
            # A database of our own belongs to this machine alone, and so may the key. Elsewhere it has to be set.
            environment.ensure_secret_key()
        with runtime.needed() if needs_servers else nullcontext():
            execute_from_command_line(sys.argv)
    except (runtime.RuntimeFailure, ImproperlyConfigured) as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit("Stopped.")


if __name__ == "__main__":
    main()
