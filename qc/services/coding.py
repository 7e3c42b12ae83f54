"""Code frames, verbatims and codings.

Verbatims are found, not told: `find_verbatims` looks for completed interviews whose open answers have no row yet. Who
codes what at once: the verbatims are locked in the order of their ids, and one that somebody else has finished in the
meantime is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fieldwork.models import Interview
from qc.folding import fold
from qc.models import Code, CodeFrame, Coding, Verbatim
from studies.errors import Conflict, InvalidInput
from studies.models import Study, User
from studies.services.activity import log_activity

#: Interviews whose open answers are coded.
CODED = (Interview.Status.COMPLETED, Interview.Status.PARTIAL)


@dataclass(frozen=True, slots=True)
class Coded:
    """What became of a group of verbatims: how many got the codes, how many somebody else had finished."""

    coded: int
    taken: int


@transaction.atomic
def load_code_frames(
    *, study: Study, frames: Sequence[Mapping[str, Any]], actor: User | None, now: datetime
) -> list[CodeFrame]:
    """Add frames: `[{name, title, items, codes, nets}]`.

    `codes` are `{number, label, definition, exclusive}` and `nets` `{number, label, members}`; labels are by language.

    Raises InvalidInput where a name is taken, a number occurs twice, or a net names a code that is not there.
    """
    loaded = [_load_frame(study, frame) for frame in frames]
    log_activity(
        study=study,
        actor=actor,
        action="code_frames.loaded",
        data={"frames": [frame.name for frame in loaded]},
        now=now,
    )
    return loaded


def _load_frame(study: Study, row: Mapping[str, Any]) -> CodeFrame:
    name = row["name"]
    if CodeFrame.objects.filter(study=study, name=name).exists():
        raise InvalidInput("frame_exists", _("There is a code frame “%s” already.") % name, {"name": name})
    numbers = [code["number"] for code in (*row["codes"], *row.get("nets", ()))]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        text = _("Frame “%(frame)s”: code %(number)s occurs twice.") % {"frame": name, "number": twice[0]}
        raise InvalidInput("code_twice", text, {"codes": twice})
    frame = CodeFrame.objects.create(study=study, name=name, title=row["title"], items=row["items"])
    codes = {
        code["number"]: Code(
            frame=frame,
            number=code["number"],
            label=code["label"],
            definition=code.get("definition", {}),
            exclusive=code.get("exclusive", False),
        )
        for code in row["codes"]
    }
    for net in row.get("nets", ()):
        _load_net(frame, net, codes)
    Code.objects.bulk_create(codes.values())
    return frame


def _load_net(frame: CodeFrame, net: Mapping[str, Any], codes: Mapping[int, Code]) -> None:
    missing = [number for number in net["members"] if number not in codes]
    if missing:
        text = _("Frame “%(frame)s”: net %(net)s has code %(number)s, which is not there.")
        values = {"frame": frame.name, "net": net["number"], "number": missing[0]}
        raise InvalidInput("unknown_code", text % values, {"nets": missing})
    row = Code.objects.create(frame=frame, number=net["number"], label=net["label"], is_net=True)
    for number in net["members"]:
        codes[number].net = row


@transaction.atomic
def find_verbatims(*, study: Study, now: datetime, everything: bool = False) -> int:
    """Enter the open answers of completed interviews that are not entered yet; how many.

    Interviews that have verbatims are passed over, unless `everything` is asked for (after a frame was added). Two
    calls at once enter nothing twice.
    """
    frames = {item: frame for frame in study.code_frames.all() for item in frame.items}
    interviews = Interview.objects.filter(population__study=study, status__in=CODED, rejected_at__isnull=True)
    if not everything:
        interviews = interviews.filter(verbatims__isnull=True)
    rows = [row for interview in interviews.iterator() for row in _verbatims_of(interview, frames, now)]
    before = Verbatim.objects.filter(frame__study=study).count()
    Verbatim.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return Verbatim.objects.filter(frame__study=study).count() - before


def _verbatims_of(interview: Interview, frames: Mapping[str, CodeFrame], now: datetime) -> Iterable[Verbatim]:
    off_route = set(interview.off_route)
    for key, value in interview.answers.items():
        frame = frames.get(key.partition("@")[0])
        if frame is None or key in off_route or not isinstance(value, str) or not value.strip():
            continue
        yield Verbatim(
            interview=interview,
            frame=frame,
            key=key,
            text=value,
            folded=fold(value, interview.language),
            language=interview.language,
            found_at=now,
        )


@transaction.atomic
def code_verbatims(*, verbatims: Iterable[Verbatim], coder: User, codes: Sequence[int], now: datetime) -> Coded:
    """Give each verbatim these codes (numbers of its frame), in place of what this coder gave it before.

    The verbatims are of one frame. Those that another coder has finished meanwhile stay as they are.

    Raises:
        InvalidInput: no code, an unknown or withdrawn one, a net, or an exclusive code beside another.
        Conflict: `all_taken`, where somebody else has finished every one of them.
    """
    ids = sorted(verbatim.pk for verbatim in verbatims)
    locked = list(Verbatim.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    if not locked:
        raise InvalidInput("no_verbatim", _("There is no answer to code."))
    chosen = _chosen_codes(locked[0].frame_id, codes)
    taken = set(
        Coding.objects.filter(verbatim__in=locked, final=True)
        .exclude(coder=coder)
        .values_list("verbatim_id", flat=True)
    )
    free = [verbatim for verbatim in locked if verbatim.pk not in taken]
    if not free:
        raise Conflict("all_taken", _("Somebody else has coded this answer in the meantime."))
    codings = _put_codings(free, coder, now)
    through = Coding.codes.through
    through.objects.filter(coding__in=codings).delete()
    through.objects.bulk_create(through(coding=coding, code=code) for coding in codings for code in chosen)
    return Coded(len(free), len(taken))


def _put_codings(verbatims: Sequence[Verbatim], coder: User, now: datetime) -> list[Coding]:
    rows = [Coding(verbatim=verbatim, coder=coder, final=True, coded_at=now) for verbatim in verbatims]
    Coding.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["verbatim", "coder"], update_fields=["final", "coded_at"]
    )
    return list(Coding.objects.filter(verbatim__in=verbatims, coder=coder))


def _chosen_codes(frame_id: int, numbers: Sequence[int]) -> list[Code]:
    wanted = list(dict.fromkeys(numbers))
    if not wanted:
        raise InvalidInput("no_code", _("Type at least one code."), {"codes": _("Type at least one code.")})
    known = {code.number: code for code in Code.objects.filter(frame_id=frame_id, withdrawn=False, is_net=False)}
    unknown = [number for number in wanted if number not in known]
    if unknown:
        text = _("There is no code %s in this frame.") % unknown[0]
        raise InvalidInput("unknown_code", text, {"codes": text})
    chosen = [known[number] for number in wanted]
    alone = [code.number for code in chosen if code.exclusive]
    if alone and len(chosen) > 1:
        text = _("Code %s stands alone: it can't be given together with others.") % alone[0]
        raise InvalidInput("exclusive", text, {"codes": text})
    return chosen
