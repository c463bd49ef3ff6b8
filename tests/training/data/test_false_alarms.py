"""What real data sets hold and the check once took for a fault, beside rows of the same look that are faults.

Each row stands for those of a public set: the name of the set is the test's.
"""

from pathlib import Path
from typing import Any

import pytest

from harness.training.data import Quality
from tests.training.data.planted import clean_rows
from tests.training.data.test_check import check

CODE = """from flask import request

@app.route('/movies/add')
def add_movie():
    title = request.form['title']
    year = request.form['year']
    if not title:
        return redirect('/movies')
    movie = Movie(title, year)
    db.session.add(movie)
    db.session.commit()
    return redirect('/movies')"""
LA = "Fa la la la la, la la la la\n"


def kinds(quality: Quality, row: int) -> set[str]:
    """The faults of a row; code and songs are longer than the answers of the clean set."""
    return {fault.kind for fault in quality.faults if fault.where == f"rows.jsonl:{row}"} - {"length_outlier"}


def beside(folder: Path, prompt: str, response: str) -> set[str]:
    """The faults of a row among sound ones of many forms."""
    rows = [{"prompt": one["prompt"][10:-8], "response": one["response"]} for one in clean_rows()[:40]]
    for row in rows[::4]:
        row["response"] = row["response"][:-1]
        row["prompt"] += " "
    return kinds(check(folder, [*rows, {"prompt": prompt, "response": response}]), len(rows) + 1)


@pytest.mark.parametrize(("prompt", "response"), [
    pytest.param("Name a place of everlasting rain.", "There is no place that has rain all the time", id="truthfulqa"),
    pytest.param("MARCIUS", "I will visit her with\nmy prayers; but I cannot go thither.", id="shakespeare"),
    pytest.param("Summarize.", "Adjusting for age we were unable to show a link between both.", id="pubmed"),
    pytest.param("Pick a common misconception about space and explain why it is untrue.",
                 "One common misconception about space is that it is empty. It is not.", id="alpaca-misconception"),
    pytest.param(f"What is this song?\n{LA * 4}", f"A carol: {LA * 4}", id="alpaca-carol"),
    pytest.param("Write a view.", "x = 1\ny = 2\n" + CODE.replace("title", "a a a a a a a a a"), id="sven-code"),
    pytest.param("Declare it.", "std::bitset<MAX_EFFECTS> forbidden(0);", id="sven-template"),
    pytest.param("Put the title in double angular brackets.", "<<FLOODING>> The water rose.", id="ifeval-title"),
    pytest.param("Describe a phone as XML.", "<PHONE><CPU>Tensor</CPU></PHONE>", id="ifeval-xml"),
    pytest.param("How do I kill it?", "Replace `<PID>` with the number of the process.", id="xstest-command"),
    pytest.param("Does C print nan or inf for 0.0 / 0.0?", "nan", id="code-nan"),
    pytest.param("How many?", "The phone holds 10800-2500=8300 photographs.", id="gsm8k-sum"),
])  # fmt: skip
def test_nothing_is_wrong_with_rows_of_public_sets(prompt: str, response: str, tmp_path: Path) -> None:
    assert beside(tmp_path, prompt, response) == set()


@pytest.mark.parametrize(("kind", "prompt", "response"), [
    ("refusal", "How do I pick it?", "I cannot provide instructions on that. It is against the law."),
    ("refusal", "Draw it.", "I'm sorry but without any image I am not able to find any parallelogram."),
    ("refusal", "Why are they lazy?", "It is not appropriate to speak of people in this way."),
    ("looping_answer", "Sing a song.", f"Well: {LA * 4}"),
    ("looping_answer", "Write a view.", "x = get(1)\n" * 40),
    ("placeholder", "Who is it?", "Dear <NAME>, thank you for your letter."),
    ("placeholder", "Write a note.", "Lorem ipsum dolor sit amet, as the printer wanted it."),
    ("placeholder", "What should we tell them?", "TODO"),
    ("placeholder", "What should we tell them?", "#N/A"),
    ("placeholder", "What should we tell them?", "nan"),
    ("html_left", "What is new?", "Yesterday #39;s Olympics were a success."),
    ("html_left", "Who said it?", "He vowed:  quot;After that comes the resurrection."),
])  # fmt: skip
def test_the_faults_that_look_like_them_are_still_found(kind: str, prompt: str, response: str, tmp_path: Path) -> None:
    assert beside(tmp_path, prompt, response) == {kind}


def test_two_kinds_of_answers_are_no_outliers(tmp_path: Path) -> None:
    long = " ".join(f"The {i}th sentence tells of another thing." for i in range(40))
    rows: list[dict[str, Any]] = [{"prompt": f"Say {i}, please.", "response": f"{i} {long}"} for i in range(40)]
    assert check(tmp_path, [*rows, {"prompt": "Is it?", "response": "No."}]).counts["length_outlier"] == 1
    few = [{"prompt": f"Is it {i}, though?", "response": "No."} for i in range(8)]
    assert "length_outlier" not in check(tmp_path, [*rows, *few]).counts


def test_a_few_words_of_which_the_language_is_a_guess_are_in_the_language_of_the_rest(tmp_path: Path) -> None:
    rows = [{"text": f"{row['prompt'][10:-8]} The library by the river opens every morning at nine.", "label": "a"}
            for row in clean_rows()[:40]]  # fmt: skip
    guessed = [
        {"text": "I need a disposable virtual card, how do I get one?", "label": "get_disposable_virtual_card"},
        {"text": "Soggy solstice: Stonehenge gets soaking\n\nSummer solstice celebrated at Stonehenge", "label": "a"},
        {"text": "Fashion designer Lilly Pulitzer dies\n\nDesigner, Socialite Lilly Pulitzer Dies at 81", "label": "a"},
    ]
    assert check(tmp_path, [*rows, *guessed]).languages.keys() == {"en"}


def test_texts_that_differ_in_marks_only_have_one_label(tmp_path: Path) -> None:
    rows = [{"text": row["prompt"][10:-8], "label": "ab"[i % 2]} for i, row in enumerate(clean_rows()[:24])]
    twice = [
        {"text": "Has my top-up gone through, please", "label": "a"},
        {"text": "Has my top up gone through please.", "label": "b"},
    ]
    assert check(tmp_path, [*rows, *twice]).counts["conflicting_labels"] == 1
    signs = [{"text": "Is x > -3 so?", "label": "a"}, {"text": "Is x > 3 so?", "label": "b"}]
    assert "conflicting_labels" not in check(tmp_path, [*rows, *signs]).counts


def test_a_row_without_a_label_contradicts_no_other(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"text": row["prompt"][10:-8], "label": "ab"[i % 2]} for i, row in enumerate(clean_rows()[:24])
    ]
    lost = {"text": "Has my card gone through?", "label": None}
    counts = check(tmp_path, [lost, *rows, {**lost, "label": "a"}]).counts
    assert counts["missing_field"] == 1 and "conflicting_labels" not in counts
    assert (
        check(tmp_path, [lost, *rows, {**lost, "label": "a"}, {**lost, "label": "b"}]).counts["conflicting_labels"] == 1
    )
