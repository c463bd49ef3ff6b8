"""Samples generated several times, and samples of one source: what is asked, stored, paired and concluded."""

from pathlib import Path
from typing import Any

import pytest

import harness
from harness.comparison import compare
from harness.evaluation import rescore
from harness.records import Comparison, InputError
from harness.tasks import PackTask
from tests.packs import word_rows, write_pack, write_suite

SAMPLED = {"max_tokens": 6, "temperature": 1.0}


@pytest.fixture(scope="module")
def adapter(make_adapter: Any) -> Path:
    return Path(make_adapter("repeating"))


def repeated(
    folder: Path, adapter: Path, repeats: int = 3, seed: int = 0, **pack: Any
) -> tuple[harness.Run, Comparison]:
    generation = SAMPLED | {"repeats": repeats}
    write_pack(
        folder, "words", word_rows(12), **({"generation": generation, "metrics": ["length_ratio", "chrf"]} | pack)
    )
    run = harness.evaluate(write_suite(folder, {"tuned": adapter}, seed=seed), folder / "run")
    return run, compare(run)


def test_each_generation_of_a_sample_is_a_row_of_its_own_with_its_own_seed(tmp_path: Path, adapter: Path) -> None:
    run, comparison = repeated(tmp_path, adapter)
    samples = run.samples()
    assert samples.groupby(["model", "key"])["repetition"].apply(list).map(tuple).unique().tolist() == [(0, 1, 2)]
    base = samples[samples["model"] == "base"]
    assert base.groupby("key")["text"].nunique().max() == 3
    again, _ = repeated(tmp_path / "again", adapter)
    assert list(again.samples()["text"]) == list(samples["text"])
    other, _ = repeated(tmp_path / "other", adapter, seed=1)
    assert list(other.samples()["text"]) != list(samples["text"])
    assert {f.samples for f in comparison.figures} == {36}


def test_the_first_generation_does_not_depend_on_how_many_follow(tmp_path: Path, adapter: Path) -> None:
    many, _ = repeated(tmp_path / "many", adapter, repeats=3)
    few, _ = repeated(tmp_path / "few", adapter, repeats=2)
    kept = many.samples().query("repetition < 2")
    assert list(kept["text"]) == list(few.samples()["text"])


def test_generations_of_a_sample_are_one_cluster(tmp_path: Path, adapter: Path) -> None:
    _, comparison = repeated(tmp_path, adapter, metrics=["chrf", "token_f1"])
    (chrf, f1) = comparison.differences
    assert (chrf.pairs, chrf.estimate["units"]) == (36, 12)
    assert f1.method.endswith("over 12 clusters of generations")
    assert len(set(chrf.gained + chrf.lost)) == chrf.gained_count + chrf.lost_count <= 12
    assert all("clusters of generations" in f.interval.method for f in comparison.figures if f.interval)


def test_a_mean_says_how_much_of_its_variance_is_sampling(tmp_path: Path, adapter: Path) -> None:
    _, comparison = repeated(tmp_path, adapter, metrics=["token_f1", "chrf"], target="the number is {{ label }}")
    shares = {f.metric: f.repeats for f in comparison.figures if f.model == "base"}
    assert shares["chrf"] is None
    assert shares["token_f1"] is not None
    assert (shares["token_f1"].samples, shares["token_f1"].repetitions) == (12, 3)
    assert 0 <= shares["token_f1"].generation_share <= 1


def test_scoring_again_keeps_repetitions_and_sources(tmp_path: Path, adapter: Path) -> None:
    run, before = repeated(tmp_path, adapter, cluster="{{ label | length }}")
    rescore(run)
    assert compare(run) == before


def test_samples_of_one_source_are_one_cluster(tmp_path: Path, adapter: Path) -> None:
    rows = [row | {"source": f"passage {i // 4}"} for i, row in enumerate(word_rows(12))]
    for name, cluster in (("named", "source"), ("made", "{{ source.split()[1] }}")):
        write_pack(tmp_path, name, rows, cluster=cluster)
    suite = write_suite(tmp_path, {"tuned": adapter}, tasks=["./named", "./made"])
    comparison = compare(harness.evaluate(suite, tmp_path / "run"))
    for figure in comparison.figures:
        assert figure.interval is not None
        assert figure.interval.method.endswith("over 3 clusters")
        assert figure.samples == 12


def test_what_cannot_be_repeated_is_refused_in_a_line(tmp_path: Path) -> None:
    greedy = write_pack(tmp_path, "greedy", word_rows(2), generation={"repeats": 5})
    with pytest.raises(InputError, match="greedy decoding gives the same text 5 times"):
        PackTask.read(greedy / "task.yaml")
    choice = write_pack(
        tmp_path, "choice", word_rows(2), output="multiple_choice", choices=["{{ label }}", "x"], metrics=["accuracy"]
    )
    text = (choice / "task.yaml").read_text() + "generation: {repeats: 2, temperature: 1.0}\n"
    (choice / "task.yaml").write_text(text)
    with pytest.raises(InputError, match=r"generation\.repeats goes with output generate"):
        PackTask.read(choice / "task.yaml")
    lost = write_pack(tmp_path, "lost", word_rows(2), cluster="sauce")
    with pytest.raises(InputError, match="no column 'sauce'"):
        PackTask.read(lost / "task.yaml").samples()


def test_repeats_and_sources_are_part_of_the_fingerprint(tmp_path: Path) -> None:
    packs = [
        {},
        {"generation": SAMPLED | {"repeats": 2}},
        {"generation": SAMPLED | {"repeats": 3}},
        {"cluster": "text"},
    ]
    tasks = [
        PackTask.read(write_pack(tmp_path / str(i), "words", word_rows(3), **p) / "task.yaml")
        for i, p in enumerate(packs)
    ]
    assert len({task.fingerprint for task in tasks}) == len(packs)


def test_pass_at_k_stands_beside_the_metric_it_comes_from(tmp_path: Path, adapter: Path) -> None:
    own = {"name": "exact_match", "strip": True}
    metrics = [own, *({"name": "pass_at_k", "k": k, "of": own} for k in (1, 3))]
    _, comparison = repeated(tmp_path, adapter, repeats=4, metrics=metrics, generation=SAMPLED | {"repeats": 4})
    figures = {f.metric: f for f in comparison.figures if f.model == "base"}
    assert figures["pass@1"].value == pytest.approx(figures["exact_match"].value)
    assert figures["pass@3"].value >= figures["pass@1"].value
    assert figures["pass@3"].estimate["units"] == 12


def test_more_tries_than_generations_are_refused_before_a_model_is_asked(tmp_path: Path) -> None:
    metric = {"name": "pass_at_k", "k": 5, "of": "exact_match"}
    write_pack(tmp_path, "words", word_rows(2), metrics=[metric], generation=SAMPLED | {"repeats": 4})
    with pytest.raises(
        InputError, match=r"pass@5 needs 5 generations of each sample, here: 4.*set generation\.repeats"
    ):
        harness.evaluate(write_suite(tmp_path), tmp_path / "run")
    assert not (tmp_path / "run").exists()
