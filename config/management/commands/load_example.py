from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.example import load_example
from studies.errors import DomainError


class Command(BaseCommand):
    help = "Loads the reference study, ready for fieldwork (see examples/reference-study)."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            study = load_example(now=timezone.now(), say=lambda text: self.stdout.write(f"  {text}"))
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"  study {study.code} is ready")
