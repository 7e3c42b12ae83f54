from typing import Any

from django.core.management.base import BaseCommand

from config import translations


class Command(BaseCommand):
    help = "Collects new texts of the interface into locale/*/LC_MESSAGES/*.po. Needs no system gettext."

    def handle(self, *args: Any, **options: Any) -> None:
        for language in translations.languages():
            for domain in translations.DOMAINS:
                path, lacking = translations.update(language, domain)
                self.stdout.write(f"{path}: {lacking} without translation")
