from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Min
from django.utils import timezone

from config.simulation.process import BranchFailed
from config.simulation.progress import Progress
from config.simulation.run import AUDITS_PER_EVENING, Wish, simulate
from exports.models import Release
from exports.services.releases import release_folder
from fieldwork.models import Interview
from fieldwork.selectors.interviews import accepted_interviews
from studies.errors import DomainError
from studies.models import Study

#: Percent of the target that is reached where no number is given: a field in full swing, simulated in a minute or two.
USUAL_PERCENT = 15


class Command(BaseCommand):
    help = (
        "Simulates the fieldwork of the reference study from where it stands until now, through the services that the "
        "pages use: calls, interviews, recordings, audits, coding and a release. See docs/simulation.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--study", default="UCA", help="code of the study (default: UCA)")
        parser.add_argument(
            "--interviews",
            type=int,
            metavar="N",
            help=f"accepted interviews per population to reach (default: {USUAL_PERCENT} %% of the target); "
            "with the target itself or more, the field is finished: every audit is judged, every answer coded",
        )
        parser.add_argument("--seed", default="1", help="the same seed gives the same fieldwork (default: 1)")
        parser.add_argument("--days", type=int, metavar="D", help="simulate only the next D days (default: until now)")
        parser.add_argument("--processes", type=int, default=2, help="1: one population after the other (default: 2)")

    def handle(
        self,
        *args: Any,
        study: str,
        interviews: int | None,
        seed: str,
        days: int | None,
        processes: int,
        **options: Any,
    ) -> None:
        found = Study.objects.filter(code=study).first()
        if found is None:
            raise CommandError(f"There is no study {study}. `manage.py load_example` loads the reference study.")
        full = found.populations.aggregate(least=Min("target"))["least"] or 0
        target = interviews if interviews is not None else full * USUAL_PERCENT // 100
        wish = Wish(
            study=found,
            target=target,
            until=timezone.now() - timedelta(minutes=1),
            seed=seed,
            days=days,
            processes=processes,
            finish=target >= full,
            audits_per_evening=None if target >= full else AUDITS_PER_EVENING,
        )
        self.run(wish, found)

    def run(self, wish: Wish, study: Study) -> None:
        """Simulate with a progress display, and say what came of it."""
        there = {one.code: accepted_interviews(study, [one]).count() for one in study.populations.all()}
        progress = Progress(cast(TextIO, self.stdout._out), wish.target, there)
        try:
            release = simulate(wish, progress)
        except KeyboardInterrupt:
            progress.finish()
            raise CommandError(
                "Interrupted. What was done stays and is consistent; the same command goes on from there.",
                returncode=130,
            ) from None
        except (DomainError, BranchFailed) as error:
            progress.finish()
            raise CommandError(str(error)) from error
        if release.status != Release.Status.READY:
            raise CommandError(f"The release could not be written: {release.error}")
        done = Interview.objects.filter(population__study=study, status=Interview.Status.COMPLETED).count()
        folder = release_folder() / study.code / str(release.number)
        self.stdout.write(f"  {done} interviews in {progress.seconds:.0f} s; release {release.number} is in {folder}")
