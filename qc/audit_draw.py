"""The audit draw: a provable share of each interviewer's interviews, by random position in blocks. Pure.

An interviewer's completed interviews stand in a row, in the order in which they were found. Each run of `block_size`
of them is a block; of each block `drawn` positions are audited. Which ones, follows from the secret seed of the
study:

    rank(position) = HMAC-SHA256(key = seed, message = "<study>:<interviewer>:<block>:<position>")

in ASCII, with numbers written in decimal and counted from 1; the positions with the `drawn` smallest ranks are
audited. The ranks of a block are like random numbers to everybody who does not know the seed, and all orders of them
are equally likely, so that every position (for `drawn` > 1: every set of positions) has the same chance, exactly. No
draw tells anything about another one.

The study commits itself to the seed at the start by showing its SHA-256, and reveals it at the end.
`check_certificate` then recomputes every draw; it needs nothing but Python.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

SEED_BYTES = 32
#: Version of the certificate's form.
CERTIFICATE_FORMAT = 1
METHOD = (
    "Of each block of an interviewer's completed interviews, those positions are audited that have the smallest "
    "HMAC-SHA256(seed, 'study_id:interviewer:block:position'), as many as drawn_per_block says. "
    "commitment = SHA-256(seed)."
)


def new_seed() -> bytes:
    """A seed that nobody can guess."""
    return secrets.token_bytes(SEED_BYTES)


def commitment(seed: bytes) -> str:
    """What everybody may see from the start: SHA-256 of the seed, in hex."""
    return hashlib.sha256(seed).hexdigest()


def rank(seed: bytes, *parts: object) -> bytes:
    """A number that looks random without the seed: HMAC-SHA256 of the parts, joined by colons."""
    message = ":".join(str(part) for part in parts)
    return hmac.digest(seed, message.encode(), "sha256")


def drawn_positions(
    seed: bytes, *, study: int, interviewer: int, block: int, block_size: int, drawn: int
) -> frozenset[int]:
    """The positions (1 to `block_size`) of a block that are audited."""
    positions = range(1, block_size + 1)
    ranked = sorted(positions, key=lambda position: rank(seed, study, interviewer, block, position))
    return frozenset(ranked[:drawn])


def place_in_sequence(count: int, block_size: int) -> tuple[int, int]:
    """Block and position, both from 1, of the interview after `count` others."""
    return count // block_size + 1, count % block_size + 1


def substitute(position: int, block_size: int, taken: Collection[int], completed: int) -> int | None:
    """Who stands in for a drawn interview without sound: the next position of its block, going round at the end.

    Args:
        position: the one without sound.
        taken: positions that were drawn or stand in already.
        completed: how many interviews of the block there are so far.

    Returns:
        None where there is nobody (yet): the next position is still to come, or none is left.
    """
    for step in range(1, block_size):
        candidate = (position - 1 + step) % block_size + 1
        if candidate in taken:
            continue
        return candidate if candidate <= completed else None
    return None


def detection_power(interviews: int, audited: int, fabricated: int) -> float:
    """Chance of hearing at least one of `fabricated` interviews of one interviewer, `audited` of `interviews` drawn.

    Hypergeometric: 1 - C(N-k, n) / C(N, n).
    """
    return 1 - comb(interviews - fabricated, audited) / comb(interviews, audited)


# --- the certificate -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One interview of the certificate. `replaces` is the position without sound for which it stands in."""

    interview: str
    interviewer: int
    block: int
    position: int
    drawn_per_block: int
    drawn: bool
    no_sound: bool
    replaces: int | None


def check_certificate(document: Mapping[str, Any]) -> list[str]:
    """Recompute every draw of a certificate with the seed that it reveals.

    Returns:
        What doesn't agree, as sentences in English (for auditors of any country); an empty list when all is in order.
    """
    problems = _check_head(document)
    if problems:
        return problems
    seed = bytes.fromhex(document["seed"])
    blocks: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for entry in document["draws"]:
        row = Row(**{name: entry[name] for name in Row.__dataclass_fields__})
        blocks[row.interviewer, row.block].append(row)
    interviewers = sorted({interviewer for interviewer, _ in blocks})
    for interviewer in interviewers:
        numbers = sorted(block for other, block in blocks if other == interviewer)
        problems += _check_sequence(interviewer, numbers, blocks, document["block_size"])
    for (interviewer, block), rows in sorted(blocks.items()):
        where = f"Interviewer {interviewer}, block {block}"
        problems += _check_block(seed, document, where, sorted(rows, key=lambda row: row.position))
    return problems


def _check_head(document: Mapping[str, Any]) -> list[str]:
    if document.get("format") != CERTIFICATE_FORMAT:
        return [f"The certificate has another format than {CERTIFICATE_FORMAT}."]
    seed = str(document.get("seed") or "")
    if not re.fullmatch(r"(?:[0-9a-f]{2})+", seed):
        return ["The seed is not revealed, so no draw can be recomputed."]
    if commitment(bytes.fromhex(seed)) != document["commitment"]:
        return ["The seed is not the one that was committed to: its SHA-256 is another."]
    return []


def _check_sequence(
    interviewer: int, numbers: Sequence[int], blocks: Mapping[tuple[int, int], Sequence[Row]], size: int
) -> list[str]:
    """Blocks follow each other without a gap and are full, but for the last."""
    problems = []
    if list(numbers) != list(range(1, len(numbers) + 1)):
        problems.append(f"Interviewer {interviewer}: blocks are missing.")
    for number in numbers:
        positions = sorted(row.position for row in blocks[interviewer, number])
        if positions != list(range(1, len(positions) + 1)) or len(positions) > size:
            problems.append(f"Interviewer {interviewer}, block {number}: positions are missing or there twice.")
        elif number != numbers[-1] and len(positions) < size:
            problems.append(f"Interviewer {interviewer}, block {number}: is not full, but the next one began.")
    return problems


def _check_block(seed: bytes, document: Mapping[str, Any], where: str, rows: Sequence[Row]) -> list[str]:
    rates = {row.drawn_per_block for row in rows}
    if len(rates) > 1:
        return [f"{where}: the rate changed inside the block."]
    first = rows[0]
    expected = drawn_positions(
        seed,
        study=document["study_id"],
        interviewer=first.interviewer,
        block=first.block,
        block_size=document["block_size"],
        drawn=first.drawn_per_block,
    )
    problems = [
        f"{where}, position {row.position}: is {'drawn' if row.drawn else 'not drawn'}, but should "
        f"{'not ' if row.drawn else ''}be."
        for row in rows
        if row.drawn != (row.position in expected)
    ]
    return problems + _check_substitutes(where, rows, document["block_size"])


def _check_substitutes(where: str, rows: Sequence[Row], size: int) -> list[str]:
    """Only one without sound is replaced, by the next position that is free."""
    by_position = {row.position: row for row in rows}
    problems = []
    for row in rows:
        if row.replaces is None:
            continue
        replaced = by_position.get(row.replaces)
        if replaced is None or not replaced.no_sound or row.drawn:
            problems.append(f"{where}, position {row.position}: stands in for one that was not without sound.")
        elif row.position not in _possible_substitutes(row, row.replaces, rows, size):
            problems.append(f"{where}, position {row.position}: is not the next one after position {row.replaces}.")
    return problems


def _possible_substitutes(row: Row, replaced: int, rows: Sequence[Row], size: int) -> Iterable[int]:
    """The position that has to stand in: whatever lies between it and the replaced one was taken."""
    taken = {other.position for other in rows if other.drawn or (other.replaces is not None and other is not row)}
    found = substitute(replaced, size, taken, size)
    return [found] if found else []


def summary(document: Mapping[str, Any]) -> str:
    """What a certificate without problems says, in one line."""
    draws = document["draws"]
    interviewers = len({row["interviewer"] for row in draws})
    drawn = sum(row["drawn"] for row in draws)
    return (
        f"{len(draws)} interviews of {interviewers} interviewers, {drawn} drawn: all draws agree with the seed, "
        "and the seed with the commitment."
    )


def main(arguments: Sequence[str]) -> int:
    """Check the certificate in the file that is named. This module alone is enough for it."""
    with open(arguments[0], encoding="utf-8") as file:
        document = json.load(file)
    problems = check_certificate(document)
    print("\n".join(problems) if problems else summary(document))  # noqa: T201
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
