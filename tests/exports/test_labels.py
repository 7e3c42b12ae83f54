from hypothesis import given
from hypothesis import strategies as st

from exports.labels import VALUE_LABEL_BYTES, LabelBook, shorten


@given(st.text(max_size=400), st.integers(min_value=10, max_value=300))
def test_a_label_fits_and_is_never_cut_inside_a_letter(text: str, limit: int) -> None:
    kept = shorten(text, limit)
    assert len(kept.encode()) <= limit
    assert kept == text or (kept.endswith("…") and text.startswith(kept[:-1]))


def test_sixty_cyrillic_letters_are_a_value_label_and_sixty_one_are_reported() -> None:
    book = LabelBook()
    assert book.value_label("q7", 1, "ж" * 60) == "ж" * 60
    assert book.cuts == []
    kept = book.value_label("q7", 2, "ж" * 61)
    assert len(kept.encode()) <= VALUE_LABEL_BYTES
    assert [(cut.variable, cut.value, cut.full) for cut in book.cuts] == [("q7", "2", "ж" * 61)]
