"""Real models' answers, replayed through a suite, get the scores that others published for them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from rouge_score.rouge_scorer import RougeScorer

import harness
from harness.evaluation import rescore
from harness.records import Figure, prompt_text
from harness.tasks import find_tasks
from tests.packs import write_pack, write_suite

#: How MIRAGE's prompt asks for the answer, and BIG-Bench Hard's chain of thought.
PUBMED_ANSWER = {"regex": r'"answer_choice":\s*"([ABC])', "group": 1}
BBH_ANSWER = {"regex": r"answer is (.*)\.", "group": 1}
LETTERS = {"yes": "A", "no": "B", "maybe": "C"}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def replayed(folder: Path, task: str, said: dict[str, dict[str, str]]) -> dict[tuple[str, str], Figure]:
    """Figures by model and metric, after a run whose scores were thrown away and computed anew.

    Args:
        said: For each model, its answer to each prompt.
    """
    for model, answers in said.items():
        rows = (json.dumps({"prompt": prompt, "response": answer}) for prompt, answer in answers.items())
        (folder / f"{model}.jsonl").write_text("\n".join(rows), encoding="utf-8")
    models = {model: {} for model in said}
    engine = {"kind": "replay", "max_model_len": 1_000_000, "options": {"path": str(folder / "{model}.jsonl")}}
    run = harness.evaluate(write_suite(folder, models=models, engine=engine, tasks=[task]), folder / "run")
    for scores in run.scores_folder.iterdir():
        scores.unlink()
    rescore(run)
    figures = {(one.model, one.metric): one for one in harness.compare(run).figures}
    for one in figures.values():
        assert one.interval is not None and one.interval.low <= one.value <= one.interval.high
    return figures


def test_pubmed_qa_answers_of_two_models_get_their_published_accuracy(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "pubmed_qa"
    questions = {str(row["pubid"]): row for row in lines(folder / "test.jsonl")}
    rows = [
        {"id": key, "text": row["question"], "label": LETTERS[row["final_decision"]]} for key, row in questions.items()
    ]
    write_pack(tmp_path, "pubmed", rows, labels=["A", "B", "C"], filters=[PUBMED_ANSWER], metrics=["accuracy"])
    said = {
        model: {
            questions[row["id"]]["question"]: row["prediction"][0]
            for row in lines(folder / f"predictions_cot_{model}.jsonl")
        }
        for model in ("gpt-35-turbo-16k", "gpt-4-32k")
    }
    figures = replayed(tmp_path, "./pubmed", said)
    assert {model: one.value for (model, _), one in figures.items()} == {"gpt-35-turbo-16k": 0.360, "gpt-4-32k": 0.396}
    # Two answers of the first break off before their choice: they count as wrong, and are shown.
    assert [one.breakdown["unparsed"] for one in figures.values()] == [2, 0]


def test_gpt4s_ifeval_answers_get_the_official_strict_verdicts(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "ifeval"
    official = lines(folder / "gpt4_official_strict.jsonl")
    answered = {row["prompt"]: row["response"] for row in official}
    rows = [row for row in lines(folder / "input_data.jsonl") if row["prompt"] in answered]
    (task,) = find_tasks(["ifeval"], folder=Path())
    pack = write_pack(tmp_path, "ifeval_answered", rows)
    definition = yaml.safe_load(task.path.read_text()) | {"task": pack.name, "data": {"path": "test.jsonl"}}
    (pack / "task.yaml").write_text(yaml.safe_dump(definition))
    figure = replayed(tmp_path, "./ifeval_answered", {"gpt4": answered})["gpt4", "instruction_following"]
    followed = [verdict for row in official for verdict in row["follow_instruction_list"]]
    assert figure.samples == 540 and figure.errors == figure.unscorable == 0
    assert figure.value == sum(row["follow_all_instructions"] for row in official) / 540
    assert figure.breakdown["instruction_level"] == sum(followed) / len(followed)


@pytest.mark.parametrize("name", ["boolean_expressions", "date_understanding"])
def test_chains_of_thought_get_big_bench_hards_published_exact_match(name: str, shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "bbh"
    stem = f"cot__{name}_few_shot_template_0-255000"
    outputs = json.loads((folder / f"{stem}.json").read_text())["outputs"]
    published = json.loads((folder / f"{stem}_eval_metrics.jsonl").read_text())["accuracy"]
    rows = [{"text": one["input"], "label": one["target"]} for one in outputs]
    write_pack(tmp_path, "bbh", rows, filters=[BBH_ANSWER])
    said = {"codex": {one["input"]: one["prediction"] for one in outputs}}
    figure = replayed(tmp_path, "./bbh", said)["codex", "exact_match"]
    assert 100 * figure.value == pytest.approx(published, abs=1e-9)


def test_gsm8k_solutions_of_four_models_are_right_where_their_authors_say_so(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(shared / "data"))
    solutions = {row["question"]: row for row in lines(shared / "data" / "gsm8k" / "example_model_solutions.jsonl")}
    (task,) = find_tasks(["gsm8k"], folder=Path())
    samples = {prompt_text(sample.prompt): sample for sample in task.samples()}
    models = ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"]
    solved = {
        model: {prompt: solutions[sample.document["question"]][model] for prompt, sample in samples.items()}
        for model in models
    }
    said = {model: {prompt: one["solution"] for prompt, one in answers.items()} for model, answers in solved.items()}
    replayed(tmp_path, "gsm8k", said)
    scores = harness.runs.Run.open(tmp_path / "run").scores()
    assert len(scores) == 4 * 700
    right = {(row["model"], row["key"]): row["value"] for row in scores.to_dict("records")}
    for model, answers in solved.items():
        assert [right[model, samples[prompt].key] for prompt in answers] == [
            one["is_correct"] for one in answers.values()
        ]


def test_summaries_of_sixteen_systems_get_rouge_scores_own_figures(shared: Path, tmp_path: Path) -> None:
    documents = list(json.loads((shared / "data" / "summeval" / "summeval_half.json").read_text()).values())
    names = ["rouge1", "rouge2", "rougeL"]
    rows = [{"text": one["src"], "refs": one["ref_summs"]} for one in documents]
    metrics = [{"name": name, "stemmer": True} for name in names]
    write_pack(tmp_path, "summeval", rows, target=None, references="{{ refs }}", filters=[], metrics=metrics)
    systems = sorted(documents[0]["sys_summs"])
    assert len(systems) == 16
    said = {
        system: {one["src"].rstrip(" "): one["sys_summs"][system]["sys_summ"] for one in documents}
        for system in systems
    }
    figures = replayed(tmp_path, "./summeval", said)
    scorer = RougeScorer(names, use_stemmer=True)
    for system in systems[::5]:
        scores = [scorer.score_multi(one["ref_summs"], one["sys_summs"][system]["sys_summ"]) for one in documents]
        for name in names:
            expected = sum(score[name].fmeasure for score in scores) / len(scores)
            assert figures[system, name].value == pytest.approx(expected, abs=1e-12)
