"""The parts of the simulation alone: chance, respondents, pace, sound, and the comparison with published figures."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from math import comb
from statistics import correlation, mean, median
from typing import Any

import av
import numpy as np
import pandas as pd
import pytest

from config.simulation.chance import Dice, Shares
from config.simulation.clock import Clock
from config.simulation.model import PopulationModel, read_models
from config.simulation.orders import Report
from config.simulation.pace import Pace
from config.simulation.people import CONTACT, INTERVIEW, Respondent, SampledNumber, languages_by_code
from config.simulation.progress import Progress
from config.simulation.published import Figure, Finding, find, read_figures, table, tail
from config.simulation.recordings import Speakers, dead_line, recorded
from config.simulation.voices import FRAME_BYTES, FRAME_MS, RATE, library
from fieldwork.waveform import NotSound, measure_sound
from qc.listening import Mark
from questionnaires import flow
from questionnaires.compile import compile_form
from questionnaires.script import Script
from questionnaires.xlsform import read_workbook
from tests.examples.reference import FOLDER

BEGAN = datetime(2021, 8, 24, 9, tzinfo=UTC)
PEOPLE = 3000


@pytest.fixture(scope="module")
def models() -> dict[str, PopulationModel]:
    return read_models(FOLDER)


@pytest.fixture(scope="module")
def script() -> Script:
    compiled = compile_form(read_workbook((FOLDER / "questionnaire.xlsx").read_bytes()))
    assert compiled.script is not None
    return Script.load(compiled.script)


@pytest.fixture(scope="module")
def crowd(models: dict[str, PopulationModel], script: Script) -> list[Respondent]:
    languages = languages_by_code(script)
    return [Respondent(models["KZ"], Dice("crowd", place), languages, child=False) for place in range(PEOPLE)]


def within(count: int, share: float, of: int, errors: float = 4.5) -> bool:
    """Whether a count is as near to its share as chance allows."""
    return abs(count - share * of) <= errors * (of * share * (1 - share)) ** 0.5 + 1


# --- chance ----------------------------------------------------------------------------------------------


def test_a_number_depends_on_seed_and_name_and_not_on_what_was_asked_before():
    asked = Dice("KZ", 7).uniform("informed")
    dice = Dice("KZ", 7)
    assert dice.uniform("age") != asked
    assert dice.uniform("informed") == asked == Dice("KZ").of(7).uniform("informed")
    assert Dice("KZ", 8).uniform("informed") != asked
    numbers = [dice.uniform(str(place)) for place in range(4000)]
    assert mean(numbers) == pytest.approx(0.5, abs=0.02)
    assert within(sum(number < 0.1 for number in numbers), 0.1, 4000)


def test_shares_come_out_as_written():
    shares = Shares.read({"a": 700, "b": 0, "c": 300})
    found = Counter(shares.at(Dice(1).uniform(str(place))) for place in range(4000))
    assert set(found) == {"a", "c"}
    assert within(found["a"], 0.7, 4000)
    assert (shares.at(0.0), shares.at(0.6999), shares.at(0.7), shares.at(0.9999)) == ("a", "a", "c", "c")


def test_everybody_acts_in_the_order_of_time():
    acted: list[tuple[str, int]] = []

    def person(name: str, minutes: list[int]) -> Any:
        for minute in minutes:
            yield BEGAN + timedelta(minutes=minute)
            acted.append((name, minute))

    clock, heard = Clock(), []
    clock.add(person("a", [0, 30, 31]))
    clock.add(person("b", [1, 29, 60]))
    clock.run(heard.append)
    assert acted == [("a", 0), ("b", 1), ("b", 29), ("a", 30), ("a", 31), ("b", 60)]
    assert heard == sorted(heard)


# --- respondents -----------------------------------------------------------------------------------------


def test_respondents_have_the_ages_of_the_population_and_answer_by_the_model(crowd, script):
    men = sum(person.gender == "1" for person in crowd)
    assert within(men, 0.48, PEOPLE, errors=6)
    assert min(person.age for person in crowd) == 18
    informed = script.item("informed")
    young = [person for person in crowd if person.age_group == "2"]
    answers = Counter(str(person.answer("informed", informed, "ru", "").value) for person in young)
    assert within(answers["4"], 0.320, len(young))
    assert within(answers["2"], 0.210, len(young))


def test_items_with_a_factor_go_together_and_keep_their_distribution(crowd, script):
    def scale(key: str) -> list[int]:
        given = [person.answer(key, script.item(key), "ru", "").value for person in crowd]
        return [int(value) if isinstance(value, str) else 9 for value in given]

    to_uzbeks, to_tajiks, most_friendly = scale("attitude@UZ"), scale("attitude@TJ"), scale("most_friendly")
    assert correlation(to_uzbeks, to_tajiks) > 0.12
    assert abs(correlation(to_uzbeks, most_friendly)) < 0.08
    assert within(sum(value in (1, 2) for value in to_tajiks), 0.74, PEOPLE)


def test_what_is_said_to_an_open_question_is_in_the_language_and_known_to_the_coder(crowd, models, script):
    item = script.item("association")
    said = [person.answer("association@KG", item, person.language, "").value for person in crowd[:600]]
    texts = [text for text in said if isinstance(text, str)]
    assert len(set(texts)) > 80
    coded = [models["KZ"].verbatims.codes_of("association@KG", text) for text in texts]
    assert all(coded)
    assert within(sum(1 in codes for codes in coded), 0.255 / 0.94, len(texts))


def test_a_person_is_the_same_in_every_call(models, script):
    languages = languages_by_code(script)
    first, again = (SampledNumber(models["UZ"], "1", 55, languages) for _ in range(2))
    assert first.kind == again.kind
    assert [first.ring(n, agreed=False) for n in range(1, 6)] == [again.ring(n, agreed=False) for n in range(1, 6)]
    assert first.respondent.values == again.respondent.values
    assert first.respondent.age == again.respondent.age
    others = [SampledNumber(models["UZ"], "2", case, languages).kind for case in range(300)]
    assert Counter(others) != Counter(SampledNumber(models["UZ"], "1", case, languages).kind for case in range(300))


def test_numbers_give_what_the_model_says(models, script):
    languages = languages_by_code(script)
    numbers = [SampledNumber(models["KZ"], "n", case, languages) for case in range(4000)]
    working = [number for number in numbers if number.kind == "personal"]
    assert within(len(working), 0.295, len(numbers))
    reached = [number for number in working if number.ring(1, agreed=False) == CONTACT]
    assert within(len(reached), 0.58, len(working))
    adults = [number for number in reached if number.person == "adult"]
    talk = [number for number in adults if number.reaction(1, [], broke_off=False) == INTERVIEW]
    assert within(len(talk), 0.65, len(adults))
    after_refusal = [number.reaction(3, ["3.13", "2.112"], broke_off=False) for number in adults]
    assert within(after_refusal.count(INTERVIEW), 0.25, len(adults))
    kept = [number.ring(2, agreed=True) == CONTACT for number in working]
    assert within(sum(kept), 0.8, len(working))


def test_who_broke_off_for_good_refuses_and_the_others_go_on(models, script):
    languages = languages_by_code(script)
    numbers = [SampledNumber(models["KZ"], "n", case, languages) for case in range(500)]
    for number in numbers:
        if number.person == "adult":
            goes_on = number.reaction(2, ["2.12"], broke_off=True) == INTERVIEW
            assert goes_on == number.respondent.resumes


def test_an_interview_takes_about_25_minutes_in_each_language(models, script):
    languages, pace = languages_by_code(script), Pace(script)
    minutes: dict[str, list[float]] = {}
    for code, model in models.items():
        for case in range(120):
            person = Respondent(model, Dice("pace", code, case), languages, child=False)
            context = flow.Context(now="2021-08-24T14:00:00", language=person.language, preset={"population": code})
            state, length, questions = flow.start(script, context), 0, 0
            while (step := state.current) is not None:
                answer = person.answer(step.key, step.item, person.language, "")
                length += pace.turn(step.item, person.language, answer.words, person.pace, 1).length
                assert flow.apply(state, {"kind": "answer", "item": step.key, "value": answer.value}).refusal is None
                questions += 1
            if questions > 40:
                minutes.setdefault(person.language, []).append(length / 60_000)
    assert set(minutes) == {"kk", "ru", "uz"}
    for language, found in minutes.items():
        assert median(found) == pytest.approx(25, abs=2), language
        assert min(found) > 10, language
        assert max(found) < 50, language


# --- sound -----------------------------------------------------------------------------------------------


def samples(data: bytes) -> np.ndarray:
    with av.open(BytesIO(data), format="mp3") as container:
        parts = [frame.to_ndarray()[0].astype(float) for frame in container.decode(audio=0)]
    return np.concatenate(parts)


def loudness(wave: np.ndarray, begin_ms: float, end_ms: float) -> float:
    part = wave[int(begin_ms * RATE / 1000) : int(end_ms * RATE / 1000)]
    return float(np.sqrt((part**2).mean()))


def test_frames_stand_alone_and_have_one_size():
    sounds = library()
    runs = [*[run for voice in sounds.phrases.values() for run in voice], sounds.ringing, sounds.hum, sounds.nothing]
    frames = {frame for run in runs for frame in run}
    assert {len(frame) for frame in frames} == {FRAME_BYTES}
    # The header, and no byte of what is needed lies in an earlier frame (main_data_begin).
    assert {frame[:3] for frame in frames} == {b"\xff\xe3\x18"}
    assert {frame[4] for frame in frames} == {0}


def test_every_question_begins_where_its_mark_is_and_the_length_fits():
    marks = [Mark(f"q{place}", 1, place * 9000, (place + 1) * 9000, "ru") for place in range(20)]
    data = recorded(
        marks, reading_ms=[4000.0] * 20, offset_ms=6500, speakers=Speakers("i1", "m1"), dice=Dice("recording")
    )
    wave = samples(data)
    assert len(wave) * 1000 / RATE == pytest.approx(6500 + 20 * 9000 + 2500, abs=2 * FRAME_MS)
    for mark in marks:
        begins = 6500 + mark.from_ms
        assert loudness(wave, begins + 150, begins + 650) > 8 * loudness(wave, begins - 330, begins - 80), mark.key


def test_interviewer_and_respondent_have_different_voices():
    assert len(set(library().phrases)) == 7
    data = recorded(
        [Mark("q", 1, 0, 20_000, "ru")],
        reading_ms=[8000.0],
        offset_ms=3000,
        speakers=Speakers("i3", "m2"),
        dice=Dice("two"),
    )
    wave = samples(data)

    def pitch(begin_ms: int, end_ms: int) -> float:
        """The repetition that is found most often, in Hz."""
        found = []
        for start in range(begin_ms, end_ms, 60):
            part = wave[start * RATE // 1000 : (start + 60) * RATE // 1000]
            similar = np.correlate(part, part, "full")[len(part) - 1 :]
            shortest = RATE // 260
            found.append(RATE / (shortest + similar[shortest : RATE // 80].argmax()))
        return median(found)

    assert pitch(4000, 10_000) > 170
    assert pitch(12_000, 14_000) < 150


def test_a_dead_line_is_found_to_be_silent_and_a_conversation_is_measured(tmp_path):
    dead, alive = tmp_path / "dead.mp3", tmp_path / "alive.mp3"
    dead.write_bytes(dead_line(60_000, "UCA-KZ-000007-01"))
    assert dead_line(60_000, "UCA-KZ-000007-01") != dead_line(60_000, "UCA-KZ-000008-01")
    with pytest.raises(NotSound, match="silent"):
        measure_sound(dead)
    marks = [Mark("q", 1, 0, 60_000, "ru")]
    speakers = Speakers("i2", "f1")
    alive.write_bytes(recorded(marks, reading_ms=[5000.0], offset_ms=4000, speakers=speakers, dice=Dice(1)))
    assert measure_sound(alive).duration_ms == pytest.approx(66_500, abs=2 * FRAME_MS)


# --- published figures -----------------------------------------------------------------------------------


def figure(**fields: Any) -> Figure:
    defaults: dict[str, Any] = {"population": "KZ", "key": "attitude@KG", "codes": ("1", "2"), "coded": False}
    more = {"where": "", "percent": 90.0, "at_most": False, "source": ""}
    return Figure(**{**defaults, **more, **fields})


def test_tail_is_the_binomial_one():
    exact = sum(comb(20, hits) * 0.3**hits * 0.7 ** (20 - hits) for hits in range(9, 21))
    assert tail(9, 20, 0.3) == pytest.approx(exact)
    assert (tail(0, 20, 0.3), tail(20, 20, 1.0)) == (1.0, 1.0)
    assert tail(800, 800, 0.999) == pytest.approx(0.999**800)


@pytest.mark.parametrize(
    ("percent", "base", "agrees"),
    [
        (90, 800, True),
        (86, 800, True),
        (84, 800, False),
        (95, 800, False),
        (60, 10, True),
        (30, 10, False),
        (0, 0, True),
    ],
)
def test_a_figure_agrees_where_chance_explains_the_difference(percent, base, agrees):
    assert Finding(figure(), percent, base).agrees is agrees


def test_an_upper_limit_is_only_broken_from_above():
    limit = figure(percent=7.0, at_most=True)
    assert Finding(limit, 1.0, 800).agrees
    assert Finding(limit, 1.0, 800).errors == 0
    assert not Finding(limit, 14.0, 800).agrees


def test_a_figure_is_found_among_those_who_were_asked_and_fit():
    people = pd.DataFrame(
        {
            "age_group": [1.0, 1, 2, 2, 2, None],
            "attitude_KG": [1.0, 3, 2, 8, None, 1],
            "union_why_c02": [1.0, 0, 0, 98, None, 1],
            "union_why_c05": [0.0, 1, 0, 98, None, 0],
        }
    )
    found = find(figure(), people)
    assert (found.base, found.percent) == (5, pytest.approx(60))
    found = find(figure(where="${age_group} = '2'"), people)
    assert (found.base, found.percent) == (2, pytest.approx(50))
    found = find(figure(key="union_why", codes=("2", "5"), coded=True), people)
    assert (found.base, found.percent) == (5, pytest.approx(60))


def test_the_table_shows_every_figure():
    figures = read_figures(FOLDER / "expected.json")
    text = table(Finding(one, 50.0, 400) for one in figures)
    assert len(text.splitlines()) == len(figures) + 2 > 60
    assert "| KZ | `informed` 4 | `${age_group} = '2'` | 32 | 50.0 | 400 | +7.7 |" in text
    assert "at most 7" in text


# --- progress --------------------------------------------------------------------------------------------


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def run_of(progress: Progress) -> None:
    for number in range(2):
        progress.day(number, 2, BEGAN.date() + timedelta(days=number))
        for code in ("KZ", "UZ"):
            progress.report(Report(code, 50 * (number + 1), 4 * (number + 1), BEGAN))
    progress.say("Coding")


def test_progress_is_a_line_a_day_in_a_file_and_one_line_that_changes_on_a_terminal():
    file, terminal = StringIO(), Terminal()
    run_of(Progress(file, 10, {"KZ": 0, "UZ": 0}))
    lines = file.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("   40 %  KZ 4/10, UZ 4/10  100 calls")
    assert "day 1 of 2, 24 Aug" in lines[0]
    assert lines[1].startswith("   80 %  KZ 8/10, UZ 8/10  200 calls")
    assert lines[2] == "  Coding"
    run_of(Progress(terminal, 10, {"KZ": 0, "UZ": 0}))
    assert terminal.getvalue().count("\n") == 2
    assert "\r" in terminal.getvalue()
    assert terminal.getvalue().count("80 %") >= 1
