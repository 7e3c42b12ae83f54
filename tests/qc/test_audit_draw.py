"""The draw: exact for every interviewer, uniform, foretold by nobody, and recomputed by anybody. Without a database."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import sys
from collections import Counter
from itertools import combinations
from math import comb
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc import audit_draw
from qc.audit_draw import check_certificate, detection_power, drawn_positions, place_in_sequence, substitute

SEED = bytes(range(32))
ids = st.integers(1, 10**6)


def draw(seed=SEED, *, study=1, interviewer=1, block=1, block_size=5, drawn=1):
    return drawn_positions(seed, study=study, interviewer=interviewer, block=block, block_size=block_size, drawn=drawn)


# --- which positions -------------------------------------------------------------------------------------


@given(st.binary(min_size=32, max_size=32), ids, ids, ids, st.integers(1, 20), st.data())
def test_each_full_block_has_exactly_as_many_as_it_should(seed, study, interviewer, block, size, data):
    drawn = data.draw(st.integers(1, size))
    positions = draw(seed, study=study, interviewer=interviewer, block=block, block_size=size, drawn=drawn)
    assert len(positions) == drawn
    assert positions <= set(range(1, size + 1))


def test_the_draw_is_what_the_documentation_says():
    def rank(position):
        return hmac.new(SEED, f"7:42:3:{position}".encode(), hashlib.sha256).digest()

    expected = min(range(1, 6), key=rank)
    assert draw(study=7, interviewer=42, block=3) == {expected}
    ranked = sorted(range(1, 6), key=rank)
    assert draw(study=7, interviewer=42, block=3, drawn=2) == set(ranked[:2])


@given(st.binary(min_size=32, max_size=32), ids, ids)
def test_a_raised_rate_draws_more_never_others(seed, interviewer, block):
    usual = draw(seed, interviewer=interviewer, block=block)
    raised = draw(seed, interviewer=interviewer, block=block, drawn=2)
    assert usual < raised


@pytest.mark.parametrize("drawn", [1, 2])
def test_all_positions_are_equally_likely(drawn):
    """Chi-square over 4000 seeds; the seeds are fixed, so the test says the same every time. 0.1 % critical values."""
    sets = list(combinations(range(1, 6), drawn))
    counts: Counter[tuple[int, ...]] = Counter()
    for number in range(4000):
        seed = hashlib.sha256(b"uniform %d" % number).digest()
        counts[tuple(sorted(draw(seed, interviewer=17, block=3, drawn=drawn)))] += 1
    expected = 4000 / len(sets)
    chi_square = sum((counts[each] - expected) ** 2 / expected for each in sets)
    assert set(counts) == set(sets)
    assert chi_square < {4: 18.47, 9: 27.88}[len(sets) - 1]


def test_positions_of_neighbouring_blocks_and_interviewers_do_not_follow_each_other():
    """All pairs of positions of two blocks, or interviewers, are equally likely: 24 degrees of freedom, 0.1 %."""
    pairs: dict[str, Counter[tuple[int, int]]] = {"blocks": Counter(), "interviewers": Counter()}
    for number in range(1, 5001):
        (here,) = draw(interviewer=number, block=1)
        (next_block,) = draw(interviewer=number, block=2)
        (neighbour,) = draw(interviewer=number + 1, block=1)
        pairs["blocks"][here, next_block] += 1
        pairs["interviewers"][here, neighbour] += 1
    for counts in pairs.values():
        assert sum((counts[a, b] - 200) ** 2 / 200 for a in range(1, 6) for b in range(1, 6)) < 51.18


def test_another_seed_study_interviewer_or_block_is_another_draw():
    def positions(**change):
        return [tuple(draw(**{"interviewer": 1, **change, "block": block})) for block in range(1, 60)]

    usual = positions()
    assert usual == positions()
    for change in ({"seed": bytes(32)}, {"study": 2}, {"interviewer": 2}):
        assert positions(**change) != usual


@given(st.integers(0, 1000), st.integers(2, 50))
def test_the_sequence_goes_through_the_blocks(count, size):
    block, position = place_in_sequence(count, size)
    assert (block - 1) * size + position - 1 == count
    assert 1 <= position <= size


def test_the_commitment_is_the_plain_hash():
    assert audit_draw.commitment(SEED) == hashlib.sha256(SEED).hexdigest()
    assert len(audit_draw.new_seed()) == 32
    assert audit_draw.new_seed() != audit_draw.new_seed()


# --- replacements ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "taken", "completed", "expected"),
    [
        (2, {2}, 5, 3),
        (2, {2, 3}, 5, 4),
        (5, {5}, 5, 1),  # goes round
        (4, {4}, 4, None),  # the next one is still to come
        (4, {4, 5}, 5, 1),
        (1, {1, 2, 3, 4, 5}, 5, None),  # nobody is left
    ],
)
def test_who_stands_in(position, taken, completed, expected):
    assert substitute(position, 5, taken, completed) == expected


# --- power -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fabricated", "percent"), [(1, 20), (3, 50), (5, 69), (8, 86), (10, 92), (0, 0)])
def test_power_of_eight_of_forty(fabricated, percent):
    assert round(100 * detection_power(40, 8, fabricated)) == percent


@given(st.integers(1, 60), st.data())
def test_power_is_a_probability_that_grows_with_what_is_there_to_find(interviews, data):
    audited = data.draw(st.integers(1, interviews))
    fabricated = data.draw(st.integers(0, interviews - 1))
    less, more = (detection_power(interviews, audited, each) for each in (fabricated, fabricated + 1))
    assert 0 <= less <= more <= 1
    # Counted the other way round: the hypergeometric distribution is symmetric in audited and fabricated.
    assert less == pytest.approx(1 - comb(interviews - audited, fabricated) / comb(interviews, fabricated))


# --- the certificate -------------------------------------------------------------------------------------


def certificate(interviews=23, *, interviewers=(1, 2), size=5, drawn=1, **fields):
    draws = []
    for interviewer in interviewers:
        for count in range(interviews):
            block, position = place_in_sequence(count, size)
            positions = draw(interviewer=interviewer, block=block, block_size=size, drawn=drawn)
            draws.append(
                {
                    "interview": f"{interviewer}-{count}",
                    "interviewer": interviewer,
                    "block": block,
                    "position": position,
                    "drawn_per_block": drawn,
                    "drawn": position in positions,
                    "no_sound": False,
                    "replaces": None,
                    "verdict": "accept",
                }
            )
    return {
        "format": 1,
        "study_id": 1,
        "block_size": size,
        "commitment": audit_draw.commitment(SEED),
        "seed": SEED.hex(),
        "draws": draws,
        **fields,
    }


def at(document, interviewer, block, position):
    return next(
        row
        for row in document["draws"]
        if (row["interviewer"], row["block"], row["position"]) == (interviewer, block, position)
    )


@given(st.integers(0, 40), st.integers(2, 10), st.data())
def test_a_true_certificate_has_no_problems(interviews, size, data):
    drawn = data.draw(st.integers(1, size))
    assert check_certificate(certificate(interviews, size=size, drawn=drawn)) == []


def test_a_draw_that_was_tampered_with_is_found():
    document = certificate()
    (position,) = draw(interviewer=2, block=3)
    at(document, 2, 3, position)["drawn"] = False
    other = position % 5 + 1
    at(document, 2, 3, other)["drawn"] = True
    problems = check_certificate(document)
    assert len(problems) == 2
    assert all(problem.startswith("Interviewer 2, block 3, position") for problem in problems)


def test_an_interview_that_was_left_out_is_found():
    document = certificate()
    document["draws"].remove(at(document, 1, 2, 4))
    assert check_certificate(document) == [
        "Interviewer 1, block 2: positions are missing or there twice.",
    ]
    document = certificate()
    document["draws"] = [row for row in document["draws"] if (row["interviewer"], row["block"]) != (1, 2)]
    assert check_certificate(document) == ["Interviewer 1: blocks are missing."]
    document = certificate()
    document["draws"].remove(at(document, 1, 2, 5))
    assert check_certificate(document) == ["Interviewer 1, block 2: is not full, but the next one began."]


def test_another_seed_than_the_committed_one_is_found():
    assert "not the one that was committed to" in check_certificate(certificate(seed="00" * 32))[0]
    assert "not revealed" in check_certificate(certificate(seed=None))[0]
    assert "another format" in check_certificate(certificate(format=2))[0]


def test_a_rate_that_changed_inside_a_block_is_found():
    document = certificate()
    at(document, 1, 2, 4)["drawn_per_block"] = 2
    assert check_certificate(document) == ["Interviewer 1, block 2: the rate changed inside the block."]


def test_replacements_are_checked():
    (position,) = draw(interviewer=1, block=1)
    following, later = position % 5 + 1, (position + 1) % 5 + 1
    document = certificate()
    at(document, 1, 1, position)["no_sound"] = True
    at(document, 1, 1, following)["replaces"] = position
    assert check_certificate(document) == []
    at(document, 1, 1, following)["no_sound"] = True
    at(document, 1, 1, later)["replaces"] = following
    assert check_certificate(document) == []

    skipped = certificate()
    at(skipped, 1, 1, position)["no_sound"] = True
    at(skipped, 1, 1, later)["replaces"] = position
    assert check_certificate(skipped) == [
        f"Interviewer 1, block 1, position {later}: is not the next one after position {position}."
    ]
    needless = certificate()
    at(needless, 1, 1, following)["replaces"] = position
    assert "was not without sound" in check_certificate(needless)[0]


def test_the_module_checks_a_certificate_by_itself(tmp_path):
    """What a client downloads: one file that needs nothing of this project."""
    program = tmp_path / "check.py"
    program.write_bytes(Path(audit_draw.__file__).read_bytes())
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(certificate()))
    bad.write_text(json.dumps(certificate(seed="00" * 32)))

    def run(path):
        return subprocess.run([sys.executable, "-I", program, path], capture_output=True, text=True, check=False)

    assert run(good).returncode == 0
    assert "46 interviews of 2 interviewers" in run(good).stdout
    assert run(bad).returncode == 1
    assert "committed" in run(bad).stdout
