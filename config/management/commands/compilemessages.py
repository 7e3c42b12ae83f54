from typing import Any

from django.core.management.base import BaseCommand

from config import translations


class Command(BaseCommand):
    help = "Compiles the translations that have changed. Needs no system gettext."

    def handle(self, *args: Any, **options: Any) -> None:
        for path in translations.compile_all():
            if options["verbosity"]:
                self.stdout.write(f"Compiled {path}")
