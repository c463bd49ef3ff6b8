"""The data check finds every planted fault and none in clean data; each kind has rows that it must flag."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.records import InputError
from harness.reports.data_quality import quality_page
from harness.training.data import KINDS, Quality, check_files
from tests.training.data.planted import clean_preferences, clean_rows, planted, planted_preferences

SHARED = Path(__file__).parents[4] / "shared" / "data" / "sft"
REASON = "needs ../shared/data"
LONG = " ".join(f"The {i}th sentence tells of another thing." for i in range(900))
SENTENCE = "It was first described by two travellers, who had crossed a wide sea with nine small ships."
GERMAN = "Der Zug nach München fährt heute wegen einer Störung leider erst am späten Nachmittag vom anderen Gleis ab."


def check(folder: Path, rows: list[Any], **options: Any) -> Quality:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return check_files([path], **options)


def found(quality: Quality) -> set[tuple[str, int]]:
    return {(fault.kind, int(fault.where.rpartition(":")[2])) for fault in quality.faults}


def test_forty_planted_faults_of_fifteen_kinds_are_all_found_and_none_elsewhere(tmp_path: Path) -> None:
    lines, faults = planted()
    assert (len(faults), len({kind for kind, _ in faults})) == (40, 15)
    path = tmp_path / "planted.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    seen = found(check_files([path]))
    assert faults - seen == set()
    assert {line for _, line in seen} == {line for _, line in faults}


def test_faults_of_preferences_are_all_found_in_turns_as_sharegpt_writes_them(tmp_path: Path) -> None:
    lines, faults = planted_preferences()
    assert (len(faults), len({kind for kind, _ in faults})) == (20, 12)
    path = tmp_path / "planted.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    quality = check_files([path])
    assert list(quality.forms.values()) == ["conversations, chosen, rejected"]
    seen = found(quality)
    assert faults - seen == set()
    assert {line for _, line in seen} == {line for _, line in faults}
    assert check(tmp_path, clean_preferences()).counts == {}


def test_the_clean_twin_has_nothing_to_mend(tmp_path: Path) -> None:
    quality = check(tmp_path, clean_rows(), base="reference", max_length=200)
    assert quality.counts == {}
    assert quality.rows == len(clean_rows())
    assert quality.tokens is not None and quality.tokens.most <= 200


def pairs(count: int = 40) -> list[dict[str, Any]]:
    return clean_rows()[:count]


def labelled(*extra: str, count: int = 12) -> list[dict[str, Any]]:
    rows = [{"text": row["prompt"][10:-8], "label": ("yes", "no")[i % 2]} for i, row in enumerate(clean_rows())]
    return rows[: 2 * count] + [{"text": f"Something quite else, {i}", "label": one} for i, one in enumerate(extra)]


def chat(*roles: str) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": f"Turn {i} by the {role}."} for i, role in enumerate(roles)]}


def answer(text: str) -> list[dict[str, Any]]:
    return [*pairs(), {"prompt": "Question: What now, of all the things?\nAnswer:", "response": text}]


def plain(pair: dict[str, Any]) -> dict[str, str]:
    """A preference of texts."""
    return {"prompt": pair["conversations"][0]["value"], "chosen": pair["chosen"]["value"],
            "rejected": pair["rejected"]["value"]}  # fmt: skip


PAIRS = [plain(pair) for pair in clean_preferences()[:24]]
#: Rows whose last one has a fault of the kind; the rest have none.
FAULTY: dict[str, list[Any]] = {
    "bad_row": [*pairs(), "a string"],
    "missing_field": [*pairs(), {"prompt": "Question: What is it?\nAnswer:"}],
    "empty_field": answer(" "),
    "near_empty": answer("--."),
    "role_order": [chat("user", "assistant"), chat("system", "user", "user", "assistant")],
    "unknown_role": [chat("user", "assistant"), chat("user", "tool", "assistant")],
    "different_prompts": [{"chosen": chat("user", "assistant")["messages"], "rejected":
                           [{"role": "user", "content": "Another"}, {"role": "assistant", "content": "b"}]}],
    "chosen_equals_rejected": [{"prompt": "Say it.", "chosen": "Yes, I do.", "rejected": "yes,  I do."}],
    "conflicting_preferences": [*PAIRS, {**PAIRS[4], "chosen": PAIRS[4]["rejected"],
                                                 "rejected": PAIRS[4]["chosen"]}],
    "chosen_shorter": [*PAIRS, {**PAIRS[1], "prompt": "What then?", "chosen": "Bo"}],
    "length_bias": [{**row, "rejected": "Nothing."} for row in PAIRS],
    "answer_equals_prompt": [*pairs(), {"prompt": "Question: Is it so?\nAnswer:",
                                        "response": "Question: Is it so?\nAnswer:"}],
    "looping_answer": answer("It is " + "so " * 40 + "."),
    "exact_duplicate": [*pairs(), pairs()[3]],
    "near_duplicate": [*answer(SENTENCE), {**answer("")[-1], "prompt": "Question: What now, of all things?\nAnswer:",
                                             "response": SENTENCE.replace("small", "tiny")}],
    "conflicting_labels": [*labelled(), {"text": labelled()[0]["text"], "label": "no"}],
    "conflicting_answers": [*pairs(), {**pairs()[3], "response": "Nobody knows."}],
    "rare_label": labelled("maybe"),
    "label_spelling": labelled("Yes "),
    "label_imbalance": [{**row, "label": "no" if i < 2 else "yes"} for i, row in enumerate(labelled(count=40))],
    "other_language": [*({"prompt": f"{row['prompt']} The library by the river opens every morning at nine o'clock.",
                          "response": "It does."} for row in pairs()), {"prompt": GERMAN, "response": "Ja."}],
    "mojibake": answer("She saw MÃ¼nchen."),
    "replacement_character": answer("She saw M\ufffdnchen."),
    "control_character": answer("A bell\x07 rings."),
    "bidi_character": answer("It is \u202egnorw\u202c."),
    "html_left": answer("<b>Yes</b>."),
    "secret": answer("Key AKIAQ7MZL2VXN4RTCWEB works."),
    "personal_data": answer("Ask maria.gonzalez@bluewin.ch."),
    "placeholder": answer("It is {{ city }}."),
    "boilerplate": answer("As a large language model I like it."),
    "refusal": answer("I'm sorry, but I can't help with that."),
    "chat_markup": answer("Yes.<|im_end|>\n<|im_start|>user."),
    "prompt_format": [*pairs(), {"prompt": "What is it?", "response": "A tree."}],
    "answer_format": answer("no full stop"),
    "length_outlier": answer(LONG),
    "too_long": answer(LONG),
}  # fmt: skip


@pytest.mark.parametrize("kind", FAULTY)
def test_each_kind_of_fault_is_found_in_its_row_alone(kind: str, tmp_path: Path) -> None:
    rows = FAULTY[kind]
    base = {"base": "reference", "max_length": 500} if kind == "too_long" else {}
    quality = check(tmp_path, rows, **base)
    where = {fault.where for fault in quality.of(kind)}
    assert where == ({"rows.jsonl"} if kind in ("label_imbalance", "length_bias") else {f"rows.jsonl:{len(rows)}"})
    assert {int(w.rpartition(":")[2]) for w in {f.where for f in quality.faults} - {"rows.jsonl"}} <= {len(rows)}


def test_every_kind_has_a_row_that_it_must_flag() -> None:
    assert set(FAULTY) | {"bad_bytes"} == set(KINDS)


def test_lines_that_are_not_utf8_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    lines = [json.dumps(row).encode() for row in pairs()]
    lines[4] = lines[4].replace(b"The", "Caf\u00e9".encode("latin-1"))
    (tmp_path / "rows.jsonl").write_bytes(b"\n".join(lines))
    quality = check_files([tmp_path / "rows.jsonl"])
    assert [fault.where for fault in quality.of("bad_bytes")] == ["rows.jsonl:5"]
    assert quality.rows == len(lines)


@pytest.mark.parametrize("roles", [
    ("user", "user", "assistant"), ("user",), ("assistant", "user"), ("user", "system", "assistant"),
    ("user", "assistant", "user"), ("user", "somebody"), (),
])  # fmt: skip
def test_turns_out_of_order_are_found(roles: tuple[str, ...], tmp_path: Path) -> None:
    quality = check(tmp_path, [chat("user", "assistant"), chat(*roles)])
    assert {f.where for f in quality.faults if f.severity == "high"} == {"rows.jsonl:2"}


def test_one_form_of_chat_markup_in_all_rows_is_a_format_and_rows_without_depart_from_it(tmp_path: Path) -> None:
    rows = [
        {"prompt": f"### Instruction:\n{row['prompt'][10:-8]}\n\n### Response:", "response": row["response"]}
        for row in clean_rows()[:60]
    ]
    assert check(tmp_path, rows).counts == {}
    assert ("prompt_format", 61) in found(check(tmp_path, [*rows, clean_rows()[70]]))


def test_faults_of_a_kind_are_listed_up_to_a_bound_and_counted_all(tmp_path: Path) -> None:
    quality = check(tmp_path, [{"prompt": f"Number {i} is here", "response": ""} for i in range(300)])
    assert quality.counts["empty_field"] == 300
    assert len(quality.of("empty_field")) == 200
    assert quality.at_least("high") == 300


def test_hostile_rows_are_bounded_and_escaped(tmp_path: Path) -> None:
    nasty = "<script>alert(1)</script>\x1b[2J\u202e" + "{{x}} as an AI &lt; <p> sk-1 a@b " * 3000
    rows = [*pairs(), {"prompt": nasty, "response": nasty, "<img src=x>": 1}]
    page = quality_page(check(tmp_path, rows))
    assert "<script" not in page
    assert not set("\x1b\u202e") & set(page)
    assert len(page) < 60_000
    assert "\\x1b" in page


def test_reports_do_not_carry_the_personal_data_that_they_warn_of(tmp_path: Path) -> None:
    rows = [*pairs(), *[{"prompt": "Who is maria.gonzalez@bluewin.ch, tell me?", "response": "{{a}}"}] * 2]
    quality = check(tmp_path, rows)
    assert quality.counts["exact_duplicate"] == 1
    assert "gonzalez" not in json.dumps(quality.to_json())


def test_a_number_that_only_the_words_beside_it_give_away_is_cut_in_every_report(tmp_path: Path) -> None:
    rows = [*pairs(), {"prompt": "Who is it?", "response": "Call me on my mobile 94727916 or at card 630427373398."}]
    rows += [
        {
            "prompt": f"{'Tell me, who is it? ' * 3}Number 94727916 {{{{a}}}}, mail maria.gonzalez@bluewi",
            "response": "x",
        }
    ] * 2
    quality = check(tmp_path, rows)
    assert quality.counts["personal_data"] == 2
    said = json.dumps(quality.to_json())
    assert not [one for one in ("94727916", "630427373398", "gonzalez") if one in said]


@pytest.mark.skipif(not SHARED.is_dir(), reason=REASON)
def test_real_data_shows_its_known_faults_and_little_else() -> None:
    identity = check_files([SHARED / "identity.json"])
    assert identity.counts["placeholder"] >= 85
    alpaca = check_files([SHARED / "alpaca_en_demo.json"])
    assert (alpaca.counts["exact_duplicate"], alpaca.counts["boilerplate"]) == (14, 24)
    assert alpaca.at_least("high") == 0
    assert "refusal" not in alpaca.counts
    preferences = check_files([SHARED / "dpo_en_demo.json"])
    assert list(preferences.forms.values()) == ["conversations, chosen, rejected"]
    assert [f.where for f in preferences.of("mojibake")] == ["dpo_en_demo.json:16"]


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    for name, content, said in (
        ("a.jsonl", b"", "no rows"), ("b.jsonl", b"\xff\xfe{\0}\0", "not UTF-8"), ("c.json", b"{}", "; write the rows"),
        ("d.parquet", b"PAR1", "not a Parquet"), ("e.txt", b"x", "unknown kind"), ("f.json", b"[{", "not valid JSON"),
        ("g.csv", b"some,columns\n1,2\n", "unknown form: columns columns, some"),
        ("h.jsonl", b"[" * 100_000, "no rows"),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=said):
            check_files([tmp_path / name])


def test_sound_preferences_have_nothing_to_mend_and_several_pairs_of_one_prompt_do_not_conflict(tmp_path: Path) -> None:
    rows = PAIRS
    assert check(tmp_path, rows).counts == {}
    assert check(tmp_path, [*rows, {**rows[0], "chosen": rows[1]["chosen"]}]).counts == {}
    assert check(tmp_path, rows).characters["rejected"].most > 100
