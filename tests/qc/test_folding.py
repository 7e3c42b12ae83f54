import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc.folding import fold


@pytest.mark.parametrize(
    ("language", "spellings"),
    [
        ("uz", ["Oʻzbekiston", "O'zbekiston", "o‘zbekiston", "Oʼzbekiston", "Ўзбекистон", "Узбекистон", "ЎЗБЕКИСТОН"]),
        ("uz", ["Togʻlar", "tog'lar", "Тоғлар", "тоглар"]),
        ("uz", ["yo'q", "Йўқ", "йук", "Йуқ"]),
        ("kk", ["Табиғаты, таулары", "табигаты  таулары", "ТАБИҒАТЫ ТАУЛАРЫ!"]),
        ("kk", ["Қонақжайлық", "конакжайлык", "қонақжайлық."]),
        ("ru", ["Ещё", "еще", " ЕЩЁ "]),
    ],
)
def test_spellings_of_one_word_fold_to_the_same_text(language: str, spellings: list[str]) -> None:
    assert len({fold(spelling, language) for spelling in spellings}) == 1


def test_different_words_stay_apart() -> None:
    words = ["границы", "гостеприимство", "горы", "история", "язык", "религия", "рынок"]
    assert len({fold(word, "ru") for word in words}) == len(words)


@given(st.text(max_size=80), st.sampled_from(["kk", "ru", "uz", "en"]))
def test_folding_twice_changes_nothing_and_unicode_forms_fold_alike(text: str, language: str) -> None:
    folded = fold(text, language)
    assert fold(folded, language) == folded
    assert fold(unicodedata.normalize("NFD", text), language) == fold(unicodedata.normalize("NFC", text), language)
