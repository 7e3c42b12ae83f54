"""A project lead asks for a data set, a worker writes it, and the files open in other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyreadstat
import pytest
from openpyxl import load_workbook

from fieldwork.models import Interview
from studies.models.study import Role
from tests.exports.scripts import small_script
from tests.factories import NOW, make_interview, make_member, make_study, make_version

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_data_set_is_written_and_opened(open_page: Callable[..., Any], worker: None, tmp_path: Path) -> None:
    study = make_study(populations=("KZ", "UZ"))
    make_version(study, small_script(), checksum=f"small-{study.pk}")
    for population in study.populations.all():
        for age in (34, 61):
            answers = {"age": age, "friendly": "1"}
            make_interview(population, status=Interview.Status.COMPLETED, ended_at=NOW, answers=answers)
    page = open_page(make_member(study, Role.LEAD).user, f"/s/{study.code}/releases/")
    page.get_by_label("Language of the labels").select_option("ru")
    page.get_by_role("button", name="Write the files").click()
    page.get_by_text("ready to be used").wait_for(timeout=60_000)

    def download(kind: str) -> Path:
        with page.expect_download() as started:
            page.locator(f'a[href$="/{kind}"]').click()
        place: Path = tmp_path / started.value.suggested_filename
        started.value.save_as(place)
        return place

    frame, meta = pyreadstat.read_sav(download("sav"))
    assert sorted(frame["age"]) == [34, 34, 61, 61]
    assert set(meta.variable_value_labels["friendly"]) >= {1.0, 2.0, 8.0}
    header, *rows = load_workbook(download("xlsx"), read_only=True).worksheets[0].values
    assert sorted(row[header.index("age")] for row in rows) == [34, 34, 61, 61]
