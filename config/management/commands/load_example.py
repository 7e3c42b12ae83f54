from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.example import DAYS_SO_FAR, load_example
from studies.errors import DomainError


class Command(BaseCommand):
    help = "Loads the reference study, ready for fieldwork (see examples/reference-study)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, default=DAYS_SO_FAR, help=f"fieldwork began so many days ago (default: {DAYS_SO_FAR})"
        )
        parser.add_argument(
            "--calling-hours",
            action="store_true",
            help="keep to the study's calling hours; without this the example can be called at any hour, "
            "so that there is a case to take whenever it is tried",
        )

    def handle(self, *args: Any, days: int, calling_hours: bool, **options: Any) -> None:
        try:
            study = load_example(now=timezone.now(), say=self.say, days=days, at_any_hour=not calling_hours)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.say(f"study {study.code} is ready")

    def say(self, text: str) -> None:
        self.stdout.write(f"  {text}")
        self.stdout.flush()
