"""What is wrong or not supported is named with file, line and key; hostile files cost neither time nor secrets."""

import re
from pathlib import Path
from typing import Any

import pytest

from harness.records import InputError
from harness.tasks import find_tasks
from harness.tasks.foreign.trust import TRUST
from tests.tasks.foreign.sides import House, assert_equal, theirs, write_task

HEAD = """\
task: own
dataset_path: json
dataset_kwargs: {data_files: {test: rows.jsonl}}
test_split: test
"""
FIELDS = 'doc_to_text: "{{q}}"\ndoc_to_target: "{{a}}"\n'
VOTE = "repeats: 8\nfilter_list: [{name: n, filter: [{function: majority_vote}, {function: take_first}]}]\n"
REFUSED = {
    "tesk: own\n" + FIELDS: ":5: unknown key 'tesk'; did you mean 'task'?",
    FIELDS + "process_docs: !function utils.f\n": ":7: 'process_docs' is Python .* runs only if you trust it",
    FIELDS + "process_results: !function utils.f\n": ":7: 'process_results' is not supported: it is Python",
    FIELDS + "custom_dataset: !function utils.f\n": ":7: 'custom_dataset' is not supported",
    FIELDS + "doc_to_image: image\n": ":7: 'doc_to_image' is not supported: it asks about images",
    FIELDS + "use_prompt: promptsource\n": ":7: 'use_prompt' is not supported",
    FIELDS + "unsafe_code: true\n": ":7: 'unsafe_code': input should be False",
    FIELDS + "metric_list:\n  - metric: acc\n": ":8: metric 'acc' is not supported for generate_until",
    FIELDS + "metric_list:\n  - metric: bleu\n    aggregation: mean\n": ":8: aggregation 'mean' of 'bleu'",
    FIELDS + "metric_list:\n  - metric: exact_match\n    ignore_kase: true\n": "did you mean 'ignore_case'",
    FIELDS + "metric_list:\n  - metric: [acc]\n": ":8: metric ..acc.. is not supported",
    FIELDS + "metric_list:\n  - metric: exact_match\n    regexes_to_ignore: ['(']\n": "is not a regular expression",
    FIELDS + "metric_list:\n  - metric: exact_match\n    hf_evaluate: true\n": "from the evaluate hub",
    FIELDS + "metric_list: [{metric: bleu}, {metric: bleu}]\n": ":7: figure 'bleu' stands twice",
    FIELDS + "metric_list:\n  - metric: !function m.f\n": "metric_list.0..metric' is not supported: it is Python",
    FIELDS + "filter_list:\n  - name: n\n    filter:\n      - function: format_span\n": ":10: filter 'format_span'",
    FIELDS + "filter_list:\n  - name: n\n    filter: [{function: regex, regex_pattern: '('}]\n": ":9: .*regular exp",
    FIELDS + "filter_list:\n  - {name: n, filter: [{function: take_first}, {function: lowercase}]}\n": "single letters",
    FIELDS
    + "repeats: 8\nfilter_list: [{name: n, filter: [{function: majority_vote}, {function: take_first}]}]\n": "over 8",
    FIELDS
    + "repeats: 8\nfilter_list: [{name: n, filter: [{function: lowercase}]}]\n": "several of 8 answers to one row",
    FIELDS + "generation_kwargs: {num_beams: 4}\n": ":7: 'generation_kwargs.num_beams': input should be 1",
    FIELDS + "generation_kwargs: {untill: x}\n": "did you mean 'until'?",
    FIELDS + "fewshot_config: {sampler: balanced}\n": ":7: 'fewshot_config.sampler'",
    FIELDS + "fewshot_config: {fewshot_indices: [1]}\n": "'fewshot_config.fewshot_indices' is not supported",
    FIELDS + "output_type: multiple_choice\n": ":7: output_type multiple_choice needs 'doc_to_choice'",
    FIELDS + "output_type: greedy\n": ":7: 'output_type'",
    FIELDS + "num_fewshot: -1\n": ":7: 'num_fewshot'",
    FIELDS + "description: one\ndescription: two\n": ":8: key 'description' stands twice",
    'doc_to_text: "{{q"\ndoc_to_target: a\n': ":5: 'doc_to_text': bad template",
    'doc_to_text: "{{q|random}}"\ndoc_to_target: a\n': ":5: 'doc_to_text': bad template.*random",
    "doc_to_text: q\n": "'doc_to_target' is missing",
    FIELDS + "include: nowhere.yaml\n": ":7: includes 'nowhere.yaml', which is not there",
    FIELDS + "process_docs: {name: os.system, folder: /, where: here}\n": "'process_docs'",
}


def write(folder: Path, text: str) -> Path:
    (folder / "rows.jsonl").write_text('{"q": "One?", "a": "one"}\n{"q": "Two?", "a": "two"}\n')
    (folder / "own.yaml").write_text(text)
    return folder / "own.yaml"


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        find_tasks([str(path)], folder=path.parent)[0].samples()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("text", REFUSED)
def test_a_refusal_names_file_line_and_key(text: str, tmp_path: Path) -> None:
    line = refusal(write(tmp_path, HEAD + text))
    assert line.startswith(f"{tmp_path}/own.yaml:")
    assert re.search(REFUSED[text], line), line


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (HEAD.replace("rows.jsonl", "../../../../etc/passwd") + FIELDS, "is not a file below the task file"),
        (HEAD.replace("rows.jsonl", "https://example.org/rows.jsonl") + FIELDS, "is not a file below the task file"),
        (HEAD.replace("dataset_path: json", "dataset_path: pandas") + FIELDS, "cannot be loaded"),
        (HEAD.replace("test_split: test", "test_split: toast") + FIELDS, "Unknown split"),
        (HEAD + 'doc_to_text: "{{x}}"\ndoc_to_target: a\n', r"json\[test\] row 1: .*'x' is undefined"),
        (HEAD + 'doc_to_text: "{% for i in range(99999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}"\n'
         "doc_to_target: a\n", "more than 100000 steps"),
        (HEAD + "doc_to_text: \"{{('a' * 5000 ~ 'b') | regex_replace('(a|aa)+$', '')}}\"\n"
         "doc_to_target: a\n", "takes more than 1 s"),
        (HEAD + 'doc_to_text: "{{q.__class__.__mro__}}"\ndoc_to_target: a\n', "fails on this row|lacks"),
        (HEAD + FIELDS + "output_type: multiple_choice\ndoc_to_choice: \"{{'[' * 5000}}\"\n", "no list or number"),
        (HEAD + FIELDS + "num_fewshot: 9\nfewshot_split: test\n", "2 rows to draw 9 few-shot examples from"),
    ],
)  # fmt: skip
def test_what_a_row_or_its_data_cannot_give_is_named(text: str, what: str, tmp_path: Path) -> None:
    line = refusal(write(tmp_path, text))
    assert re.search(what, line), line


def test_a_file_that_unfolds_to_billions_is_refused(tmp_path: Path) -> None:
    bomb = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" if i else "a0: &a0 [x]" for i in range(12))
    assert "holds more than" in refusal(write(tmp_path, HEAD + FIELDS + bomb + "\n"))


CODE = """\
from pathlib import Path
Path(__file__).with_suffix(".ran").touch()

def longest(rows):
    return rows.filter(lambda row: len(row["q"]) > 3).map(lambda row: {"q": row["q"].upper()})

def ask(row):
    return f"Q: {row['q']}\\n"
"""
PYTHON = (
    HEAD
    + """\
process_docs: !function code.longest
doc_to_text: !function code.ask
doc_to_target: "{{a}}"
num_fewshot: 1
training_split: test
generation_kwargs: {max_gen_toks: 8}
"""
)


def test_python_runs_only_where_its_folder_is_trusted(
    house: House, their_model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, PYTHON)
    (tmp_path / "code.py").write_text(CODE)
    assert "which runs only if you trust it" in refusal(path)
    monkeypatch.setenv(TRUST, str(tmp_path / "elsewhere"))
    assert "which runs only if you trust it" in refusal(path)
    assert not (tmp_path / "code.ran").exists()
    monkeypatch.setenv(TRUST, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert_equal(theirs(their_model, path), house.ours(path))


def test_python_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TRUST, str(tmp_path))
    path = write(tmp_path, PYTHON)
    assert "own.yaml:5: !function code.longest cannot be imported" in refusal(path)
    (tmp_path / "code.py").write_text(CODE.replace("row['q']", "row['z']"))
    assert "row 1, few-shot example 1: !function code.ask fails (KeyError: 'z')" in refusal(path)
    (tmp_path / "more.py").write_text("def longest(rows):\n    return list(rows)\n")
    path = write(tmp_path, PYTHON.replace("code.longest", "more.longest"))
    assert "own.yaml:5: process_docs gives no data set" in refusal(path)


def test_local_data_is_read_where_a_task_may_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the file, below the current folder, and below HARNESS_DATA: by path, or by hub id."""
    data = tmp_path / "mirror"
    (data / "org/set/main").mkdir(parents=True)
    (data / "org/set/main/test.jsonl").write_text('{"q": "Hub?", "a": "yes"}\n')
    inner = tmp_path / "tasks"
    inner.mkdir()
    path = write_task(inner, [{"q": "Own?", "a": "no"}], doc_to_text="{{q}}", doc_to_target="{{a}}")
    hub = path.read_text().replace("dataset_path: json", "dataset_path: org/set")
    (inner / "hub.yaml").write_text(hub.replace("dataset_name: null", "dataset_name: main").split("dataset_kwargs")[0]
                                    + "doc_to_text: '{{q}}'\ndoc_to_target: '{{a}}'\n")  # fmt: skip
    monkeypatch.setenv("HARNESS_DATA", str(data))
    (own, mirrored) = (find_tasks([str(inner / name)], folder=inner)[0].samples() for name in ("own.yaml", "hub.yaml"))
    assert (own[0].prompt, mirrored[0].prompt) == ("Own?", "Hub?")
