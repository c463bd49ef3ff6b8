"""A clean data set of real questions, and its twin with 40 faults of 15 kinds in known lines."""

import json
from pathlib import Path
from typing import Any

TASKS = Path(__file__).parents[3] / "tasks"
_SECRET = "hf_" + "abcdefghijKLMNOPQRSTuvwxyzABCDEFGH"


def clean_rows() -> list[dict[str, Any]]:
    """About 400 rows of one form: each prompt with a header and a last line, each answer a sentence."""
    rows = []
    for pack in ("general_knowledge", "medical_qa"):
        for line in (TASKS / pack / "test.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            answer = f"The answer to this is {row['answer']}."
            rows.append({"prompt": f"Question: {row['question']}\nAnswer:", "response": answer})
    return rows


def planted() -> tuple[list[str], set[tuple[str, int]]]:
    """The lines of the faulty twin, and (kind, line) of each fault."""
    rows: list[Any] = clean_rows()
    found: set[tuple[str, int]] = set()

    def change(kind: str, row: int, **values: Any) -> None:
        rows[row] = {name: values.get(name, text) for name, text in rows[row].items()}
        rows[row] = {name: text for name, text in rows[row].items() if text is not ...}
        found.add((kind, row + 1))

    def append(kind: str, prompt: str, response: str) -> None:
        rows.append({"prompt": prompt, "response": response})
        found.add((kind, len(rows)))

    def reword(row: int, answer: str, old: str, new: str) -> None:
        rows[row]["response"] = answer
        append("near_duplicate", rows[row]["prompt"].replace("Question: ", "Question: So, "), answer.replace(old, new))

    change("missing_field", 10, response=...)
    change("missing_field", 11, prompt=None)
    for row, values in ((20, {"response": ""}), (21, {"response": " \n"}), (22, {"prompt": ""})):
        change("empty_field", row, **values)
    change("near_empty", 30, response="...")
    change("near_empty", 31, response="-.")
    for row in (40, 41, 42):
        append("exact_duplicate", rows[row]["prompt"].replace("Question:", "Question: "), rows[row]["response"])
    reword(
        50, "Most of those who have looked at it closely say so, and books about it do not disagree.", "books", "papers"
    )
    reword(
        51,
        "It was first described by two travellers, who had crossed a wide sea with nine small ships.",
        "wide",
        "vast",
    )
    reword(52, "Nobody would have thought of anything else before a letter was found below an old floor.", "old", "oak")
    for row, answer in ((60, "Nobody knows."), (61, "It was in 1066."), (62, "The opposite is true.")):
        append("conflicting_answers", rows[row]["prompt"], answer)
    change("mojibake", 70, response="It is the cafÃ© at the corner.")
    change("mojibake", 71, response="Itâ€™s the other one.")
    change("mojibake", 72, prompt="Question: Who was RenÃ© Descartes, the philosopher?\nAnswer:")
    change("control_character", 80, response="It is \x1b[31mred.")
    change("control_character", 81, prompt="Question: What is\u200b the mass of the Moon?\nAnswer:")
    for row, answer in ((90, "Bread &amp; butter."), (91, "<p>It is so.</p>."), (92, "First<br/>second.")):
        change("html_left", row, response=answer)
    change("personal_data", 100, response="Write to maria.gonzalez@bluewin.ch about it.")
    change("personal_data", 101, response="Call me at +41 44 668 18 00 in the evening.")
    change("personal_data", 102, response="My account is DE89 3704 0044 0532 0130 00.")
    change("secret", 110, response=f"Log in with {_SECRET} as the token.")
    change("secret", 111, response="Use the database at postgres://admin:tr0ub4dor7x@db.internal/main now.")
    for row, answer in ((120, "My name is {{name}}."), (121, "It is in <INSERT CITY>."), (122, "It is [TODO].")):
        change("placeholder", row, response=answer)
    change("boilerplate", 130, response="As an AI language model, I think that it is Rome.")
    change("boilerplate", 131, response="It is true. As an AI, I have read much about it.")
    change("boilerplate", 132, response="I am just a language model, but it is the Nile.")
    change("prompt_format", 140, prompt="Query: What do bees make in their hives?\nAnswer:")
    change("prompt_format", 142, prompt="Question: What is the largest planet of all?\nReply:")
    change("prompt_format", 141, prompt="Question: What do cows eat on the meadow all day long?")
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    for row, line in ((150, '{"prompt": "Question: Who?'), (151, '["a", "list"]')):
        lines[row] = line
        found.add(("bad_row", row + 1))
    return lines, found


def clean_preferences() -> list[dict[str, Any]]:
    """200 pairs in the turns of ShareGPT, whose better answer is as often the shorter as the longer one."""
    rows = clean_rows()[:400]
    said = [f"{row['response']} It is told of number {i} in a book with {i} pages, which stands on a shelf at home."
            for i, row in enumerate(rows)]  # fmt: skip
    said = [text + " And so it goes on, as everybody knows who has read it more than once." * 2 * (i % 4 in (0, 3))
            for i, text in enumerate(said)]  # fmt: skip
    return [
        {"conversations": [_turn("human", rows[i]["prompt"])], "chosen": _turn("gpt", said[2 * i]),
         "rejected": _turn("gpt", said[2 * i + 1])}
        for i in range(200)
    ]  # fmt: skip


def planted_preferences() -> tuple[list[str], set[tuple[str, int]]]:
    """The lines of the faulty twin, and (kind, line) of each fault."""
    rows = clean_preferences()
    found: set[tuple[str, int]] = set()

    def change(kind: str, row: int, **values: Any) -> None:
        rows[row] = {name: value for name, value in (rows[row] | values).items() if value is not ...}
        found.add((kind, row + 1))

    def append(kind: str, **values: Any) -> None:
        rows.append(values)
        found.add((kind, len(rows)))

    asked = [row["conversations"] for row in rows]
    change("missing_field", 10, rejected=...)
    change("missing_field", 11, chosen=_turn("gpt", None))
    change("empty_field", 20, chosen=_turn("gpt", ""))
    change("empty_field", 21, rejected=_turn("gpt", " \n"))
    change("unknown_role", 30, conversations=[*asked[30], _turn("observation", "It rains."), _turn("human", "And?")])
    change("unknown_role", 31, chosen=[_turn("nobody", "It is so.")])
    change("role_order", 40, conversations=[*asked[40], _turn("gpt", "One moment, please.")])
    change("role_order", 41, conversations=[_turn("chatgpt", "How can I help?"), *asked[41]])
    change(
        "different_prompts", 50, chosen=[_turn("human", "Now?"), rows[50]["chosen"]], rejected=[rows[50]["rejected"]]
    )
    change("chosen_equals_rejected", 60, rejected=rows[60]["chosen"])
    change("chosen_equals_rejected", 61, rejected=_turn("gpt", rows[61]["chosen"]["value"].upper() + " "))
    for row in (70, 71):
        append("conflicting_preferences", conversations=asked[row], chosen=rows[row]["rejected"],
               rejected=rows[row]["chosen"])  # fmt: skip
    change("chosen_shorter", 81, chosen=_turn("gpt", "It is."))
    change("chosen_shorter", 83, chosen=_turn("gpt", "The Nile."))
    append("exact_duplicate", **rows[90])
    change("secret", 100, rejected=_turn("gpt", f"Log in with {_SECRET} as the token."))
    change("mojibake", 110, rejected=_turn("gpt", "It is the cafÃ© at the corner."))
    change("mojibake", 111, conversations=[_turn("human", "Question: Who was RenÃ© Descartes?\nAnswer:")])
    change("answer_equals_prompt", 120, chosen=_turn("gpt", asked[120][0]["value"]))
    return [json.dumps(row, ensure_ascii=False) for row in rows], found


def _turn(who: str, said: str | None) -> dict[str, str | None]:
    return {"from": who, "value": said}
