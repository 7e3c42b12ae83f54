from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.example import FOLDER
from config.simulation.published import compare, read_figures, table
from exports.models import Release, ReleaseFile
from exports.services.releases import release_folder


class Command(BaseCommand):
    help = (
        "Compares the published figures of the reference study with those of a release (the last one, unless another "
        "is named), and fails where one is further away than chance explains."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--study", default="UCA", help="code of the study (default: UCA)")
        parser.add_argument("--release", type=int, metavar="N", help="number of the release (default: the last)")

    def handle(self, *args: Any, study: str, release: int | None, **options: Any) -> None:
        ready = Release.objects.filter(study__code=study, status=Release.Status.READY)
        found = ready.filter(number=release).first() if release else ready.order_by("number").last()
        if found is None:
            raise CommandError(f"Study {study} has no such release. `manage.py simulate_fieldwork` writes one.")
        file = found.files.filter(kind=ReleaseFile.Kind.SAV).get()
        findings = compare(
            release_folder() / Path(file.path), read_figures(FOLDER / "expected.json"), found.populations
        )
        self.stdout.write(table(findings))
        wrong = [finding.figure.title for finding in findings if not finding.agrees]
        self.stdout.write(
            f"\n{len(findings)} figures of release {found.number} ({found.manifest['interviews']} interviews); "
            f"{len(wrong)} further away than chance explains."
        )
        if wrong:
            raise CommandError("These figures do not agree: " + "; ".join(wrong))
