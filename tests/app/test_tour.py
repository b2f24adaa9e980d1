from rich.cells import cell_len

from rnnrepl.app.tour import steps


def test_ten_steps_have_the_same_lines_in_both_languages():
    english, korean = steps("en"), steps("ko")
    assert [step.line for step in english] == [step.line for step in korean]
    assert [step.text.split(" ")[0] for step in korean] == [f"{n}/10" for n in range(1, 11)]


def test_each_step_is_one_sentence_that_fits_80_columns():
    for step in (*steps("en"), *steps("ko")):
        assert step.text.endswith(".") and step.text.count(". ") == 0
        assert all(cell_len(row) <= 78 for row in (*step.text.splitlines(), f"> {step.line}"))
