from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qc.audit_draw import check_certificate, summary
from qc.models import AuditPlan
from qc.selectors.certificate import certificate_of, verify_draws


class Command(BaseCommand):
    help = "Recomputes every audit draw: of studies in the database, or of a certificate file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("studies", nargs="*", help="codes of studies; all that have an audit plan by default")
        parser.add_argument("--file", type=Path, help="a certificate (JSON) to check instead")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"]:
            document = _read(options["file"])
            self._report(str(options["file"]), check_certificate(document), document)
            return
        plans = AuditPlan.objects.select_related("study").order_by("study__code")
        if options["studies"]:
            plans = plans.filter(study__code__in=options["studies"])
        found = list(plans)
        if not found:
            raise CommandError("No such study has an audit plan.")
        wrong = [plan.study.code for plan in found if not self._agrees(plan)]
        if wrong:
            raise CommandError(f"The draw does not agree with the seed in: {', '.join(wrong)}")

    def _agrees(self, plan: AuditPlan) -> bool:
        problems = verify_draws(plan)
        self._say(plan.study.code, problems, certificate_of(plan))
        return not problems

    def _report(self, name: str, problems: list[str], document: dict[str, Any]) -> None:
        self._say(name, problems, document)
        if problems:
            raise CommandError("The certificate does not hold.")

    def _say(self, name: str, problems: list[str], document: dict[str, Any]) -> None:
        self.stdout.write(f"{name}: {summary(document)}" if not problems else f"{name}:")
        for problem in problems:
            self.stdout.write(f"  {problem}")


def _read(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} can't be read as a certificate: {error}") from None
    return document
