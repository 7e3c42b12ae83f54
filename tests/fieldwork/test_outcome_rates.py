"""Outcome rates against published figures, and what holds for any counts."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldwork.outcome_rates import FORMULAS, GROUPS, proportional_e, rates

# outcomerate: README (rounded to three places) and tests (exact); responserates: README.
README = {"I": 4, "P": 2, "R": 1, "NC": 1, "O": 1, "UH": 1, "UO": 1, "NE": 1}
README_RATES = (
    "RR1 .364 RR2 .545 RR3 .370 RR4 .556 RR5 .444 RR6 .667 COOP1 .500 COOP2 .750 COOP3 .571 COOP4 .857 "
    "REF1 .091 REF2 .093 REF3 .111 CON1 .727 CON2 .741 CON3 .889"
)
TESTS = {"I": 5, "P": 3, "R": 2, "NC": 1, "O": 2, "UH": 1, "UO": 1, "NE": 1}
TESTS_RATES = (
    "RR1 1/3 RR2 8/15 RR3 5/14 RR4 4/7 RR5 5/13 RR6 8/13 COOP1 5/12 COOP2 2/3 COOP3 1/2 COOP4 4/5 "
    "REF1 2/15 REF2 1/7 REF3 2/13 CON1 4/5 CON2 6/7 CON3 12/13"
)
VIGNETTE = {"I": 760, "P": 339, "R": 59, "NC": 288, "O": 1, "UO": 173, "NE": 71}
VIGNETTE_RATES = (
    "RR1 .46913580 RR2 .67839506 RR3 .47149080 RR4 .68180052 RR5 .52522460 RR6 .75950242 COOP1 .65573770 "
    "COOP2 .94823123 COOP3 .65630397 COOP4 .94905009 REF1 .03641975 REF2 .03660258 REF3 .04077402 "
    "CON1 .71543210 CON2 .71902347 CON3 .80096752"
)
CATI = {"I": 800, "P": 40, "R": 2600, "NC": 1900, "O": 160, "UH": 9000, "UO": 500, "NE": 11000}
CATI_RATES = "RR1 .05333 RR3 .09231 COOP1 .22222 COOP3 .23256 REF2 .30000 CON2 .41538"


def pairs(text: str) -> list[tuple[str, str]]:
    words = text.split()
    return list(zip(words[::2], words[1::2], strict=True))


@pytest.mark.parametrize(
    ("counts", "e", "published"),
    [
        (README, Fraction(9, 10), README_RATES),
        (VIGNETTE, None, VIGNETTE_RATES),
        (CATI, Fraction(1, 3), CATI_RATES),
        (CATI, None, CATI_RATES),
    ],
)
def test_rates_equal_published_figures(counts, e, published):
    computed = rates(counts, e)
    for name, figure in pairs(published):
        places = len(figure.partition(".")[2])
        assert abs(computed[name] - Fraction(figure)) <= Fraction(1, 2 * 10**places), name


def test_rates_are_exact_fractions():
    computed = rates(TESTS, Fraction(1, 2))
    assert computed == {name: Fraction(figure) for name, figure in pairs(TESTS_RATES)}


def test_weighted_rates_take_sums_of_weights():
    weights = "3.2 .4 4.9 3.8 1.6 3.3 1.3 2.2 3.5 3.6 .1 1.6 1.1 4.3 2.3 .6"
    groups = "I P I NC UH I R UO I O P I R O P NE"
    counts: dict[str, Fraction] = {}
    for group, weight in zip(groups.split(), weights.split(), strict=True):
        counts[group] = counts.get(group, Fraction(0)) + Fraction(weight)
    assert rates(counts)["RR2"] == Fraction("19.3") / Fraction("37.2")


def test_completes_and_non_contacts_alone():
    computed = rates({"I": 100, "NC": 20})
    assert {computed[name] for name in computed if name.startswith(("RR", "CON"))} == {Fraction(5, 6)}
    assert {computed[name] for name in computed if name.startswith("COOP")} == {1}
    assert {computed[name] for name in computed if name.startswith("REF")} == {0}


def test_nothing_over_nothing_is_not_defined():
    computed = rates({"UO": 1}, Fraction(3, 10))
    undefined = {name for name, value in computed.items() if value is None}
    assert undefined == {"RR5", "RR6", "COOP1", "COOP2", "COOP3", "COOP4", "REF3", "CON3"}
    assert all(computed[name] == 0 for name in computed.keys() - undefined)
    assert all(value is None for value in rates({}).values())


def test_e_is_the_eligible_share_of_the_known_cases():
    assert proportional_e(VIGNETTE) == Fraction(1447, 1518)
    assert proportional_e(CATI) == Fraction(1, 3)
    assert proportional_e({"UH": 5}) is None


def test_rates_that_need_e_are_not_defined_while_nothing_is_known():
    computed = rates({"UH": 5})
    assert computed["RR1"] == 0
    assert computed["RR3"] is None


@pytest.mark.parametrize(
    ("counts", "e"), [({"X": 1}, None), ({"I": -1}, None), ({"I": 1}, Fraction(3, 2)), ({"I": 1}, -1)]
)
def test_impossible_input_is_refused(counts, e):
    with pytest.raises(ValueError, match=r"unknown group|negative|between 0 and 1"):
        rates(counts, e)


def test_formulas_read_as_in_the_definitions():
    assert str(FORMULAS["RR1"]) == "I / (I + P + R + NC + O + UH + UO)"
    assert str(FORMULAS["REF2"]) == "R / (I + P + R + NC + O + e (UH + UO))"
    assert str(FORMULAS["COOP4"]) == "(I + P) / (I + P + R)"


some_counts = st.fixed_dictionaries({group: st.integers(0, 10_000) for group in GROUPS})


@given(some_counts, st.one_of(st.none(), st.fractions(0, 1)))
def test_rates_of_any_counts(counts, e):
    computed = rates(counts, e)
    assert all(value is None or 0 <= value <= 1 for value in computed.values())
    share = proportional_e(counts) if e is None else e
    for narrow, middle, wide in (
        ("RR1", "RR3", "RR5"),
        ("RR2", "RR4", "RR6"),
        ("REF1", "REF2", "REF3"),
        ("CON1", "CON2", "CON3"),
    ):
        known = [computed[name] for name in (narrow, middle, wide) if computed[name] is not None]
        assert known == sorted(known)
    if share is not None and computed["CON2"] is not None:
        # Whoever was contacted was interviewed, refused or was not interviewed for another reason.
        eligible = sum(counts[group] for group in ("I", "P", "R", "NC", "O"))
        other = Fraction(counts["O"]) / (eligible + share * (counts["UH"] + counts["UO"]))
        assert computed["CON2"] == computed["RR4"] + computed["REF2"] + other


@given(some_counts, st.integers(2, 9))
def test_rates_do_not_depend_on_the_size_of_the_sample(counts, factor):
    assert rates({group: count * factor for group, count in counts.items()}) == rates(counts)
