"""Figures of a look are those of plain arithmetic and of reference libraries, on logits of a real model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.engines.encoding import Encoder
from harness.records import RunError
from harness.stats import PairedRates, Rate
from harness.training import prepare, read_recipe
from harness.training.adapted import trainable_model
from harness.training.forgetting.measure import Reading, measure
from harness.training.forgetting.prober import Prober
from harness.training.forgetting.settings import Limits
from harness.training.forgetting.watched import Watched
from harness.training.rows.prepare import Prepared

Write = Callable[..., Path]


@pytest.fixture
def prepared(write: Write, probes: dict[str, Any]) -> Prepared:
    labelled = [{"prompt": f"Where does {i} go?", "response": "billing-7"} for i in range(12)]
    recipe = write("reference", labelled, forgetting=probes)
    return prepare(read_recipe(recipe), recipe.parent)


def live(prepared: Prepared, moved: bool) -> Any:
    model = trainable_model(prepared.base, prepared.recipe, "float32", 10)
    if moved:
        torch.manual_seed(1)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                if "lora_B" in name:
                    weight.normal_(std=0.05)
    return model.train()


def prober(prepared: Prepared, folder: Path) -> Prober:
    assert prepared.watched is not None
    return Prober(prepared.watched, prepared.base, prepared.recipe.method, folder, "float32")


def test_an_untrained_adapter_has_lost_nothing_at_all(prepared: Prepared, tmp_path: Path) -> None:
    look = prober(prepared, tmp_path).measure(live(prepared, moved=False), 0)
    assert (look.kl.value, look.perplexity_ratio.value) == (0.0, 1.0)
    assert look.negative_flips is not None and look.format_drift is not None
    assert look.negative_flips.value == look.format_drift.value == 0
    assert [one.drop.value for one in look.probes] == [0, 0]
    assert look.crossed(Limits(accuracy_drop=0.05, negative_flips=0.1, format_drift=0.05, kl=0.5)) == []


def test_kl_and_perplexity_are_those_of_torch_and_scipy_on_the_same_logits(prepared: Prepared, tmp_path: Path) -> None:
    from scipy.stats import entropy

    model, watched = live(prepared, moved=True), prepared.watched
    assert watched is not None
    look = prober(prepared, tmp_path).measure(model, 3)
    encoder = Encoder.load(prepared.base.folder)
    model.eval()
    divergences, by_scipy, nats = [], [], {"base": [], "tuned": []}
    with torch.no_grad():
        for text in watched.texts:
            ids = torch.tensor([[encoder.prefix_id, *encoder.text(text)]])
            tuned = model(ids[:, :-1]).logits[0].log_softmax(-1)
            with model.disable_adapter():
                base = model(ids[:, :-1]).logits[0].log_softmax(-1)
            each = torch.nn.functional.kl_div(tuned, base, log_target=True, reduction="none").sum(-1)
            divergences += each.tolist()
            by_scipy += entropy(base.double().exp().numpy(), tuned.double().exp().numpy(), axis=-1).tolist()
            for name, logprobs in (("base", base), ("tuned", tuned)):
                nats[name] += (-logprobs.gather(-1, ids[0, 1:, None])).flatten().tolist()
    assert np.mean(divergences) > 0.01
    assert look.kl.value == pytest.approx(np.mean(divergences), rel=1e-4)
    assert look.kl.value == pytest.approx(np.mean(by_scipy), rel=1e-4)
    assert look.base_perplexity == pytest.approx(np.exp(np.mean(nats["base"])), rel=1e-5)
    assert look.tuned_perplexity == pytest.approx(np.exp(np.mean(nats["tuned"])), rel=1e-5)
    assert look.perplexity_ratio.value == pytest.approx(look.tuned_perplexity / look.base_perplexity, rel=1e-6)
    assert look.kl.low < look.kl.value < look.kl.high


def reading(pick: list[int], say: list[int], said: list[str], texts: int) -> Reading:
    right = {"pick": np.array(pick, dtype=bool), "say": np.array(say, dtype=bool)}
    return Reading(right, {"say": said}, np.full(texts, 20.0), np.full(texts, 10.0))


def test_drops_flips_and_drift_are_counted_sample_by_sample(prepared: Prepared) -> None:
    watched = prepared.watched
    assert watched is not None
    texts = len(watched.texts)
    base = reading([1] * 12, [1] * 6 + [0] * 6, ["red"] * 12, texts)
    tuned = reading([1] * 3 + [0] * 9, [0] + [1] * 6 + [0] * 5, ["billing-7"] * 4 + ["red"] * 8, texts)
    look = measure(watched, 7, base, tuned, [[0.1] * 10] * texts)
    pick, say = look.probes
    assert (pick.negative_flips, pick.positive_flips, pick.drop.value) == (9, 0, 0.75)
    assert (say.negative_flips, say.positive_flips, say.drop.value) == (1, 1, 0.0)
    # Two probes, both together, flips, drift, KL and perplexity: seven intervals that hold at once.
    assert look.level == pytest.approx(1 - 0.05 / 7)
    exact = PairedRates(12, rose=9, fell=0).decisive_interval(look.level)
    assert (pick.drop.low, pick.drop.high) == (exact.low, exact.high)
    assert look.together is not None and look.together.samples == 24 and look.together.drop.value == 9 / 24
    assert look.negative_flips is not None and look.negative_flips.value == 10 / 24
    assert look.negative_flips.low == Rate(10, 24).decisive_interval(look.level).low
    assert look.format_drift is not None and look.format_drift.value == 4 / 12


def test_a_limit_is_crossed_only_by_the_whole_interval(prepared: Prepared) -> None:
    watched = prepared.watched
    assert watched is not None
    texts = len(watched.texts)
    base = reading([1] * 12, [1] * 12, ["red"] * 12, texts)
    tuned = reading([0] * 9 + [1] * 3, [0] * 2 + [1] * 10, ["red"] * 12, texts)
    look = measure(watched, 7, base, tuned, [[0.1 + text / 1000] * 10 for text in range(texts)])
    crossed = look.crossed(Limits(accuracy_drop=0.05, negative_flips=0.9, kl=0.05, perplexity_ratio=1.5))
    assert [(one.limit, one.probe) for one in crossed] == [
        ("accuracy_drop", "pick"), ("accuracy_drop", "all probes"), ("kl", "")
    ]  # fmt: skip
    assert "accuracy_drop of pick is 0.75 [" in str(crossed[0])


def test_samples_of_one_source_count_once(prepared: Prepared) -> None:
    from dataclasses import replace

    assert prepared.watched is not None
    pick, say = prepared.watched.probes
    paired = [replace(sample, cluster=str(place // 2)) for place, sample in enumerate(pick.samples)]
    watched = replace(prepared.watched, probes=(replace(pick, samples=paired), say))
    texts = len(watched.texts)
    base = reading([1] * 12, [1] * 12, ["red"] * 12, texts)
    tuned = reading([0] * 6 + [1] * 6, [1] * 12, ["red"] * 12, texts)
    alone = measure(prepared.watched, 1, base, tuned, [[0.0]] * texts).probes[0].drop
    together = measure(watched, 1, base, tuned, [[0.0]] * texts).probes[0].drop
    assert alone.value == together.value == 0.5
    assert together.high - together.low > alone.high - alone.low


@pytest.mark.parametrize("nats", [float("nan"), float("inf")])
def test_a_model_without_finite_probabilities_is_an_error(prepared: Prepared, nats: float) -> None:
    watched = prepared.watched
    assert watched is not None
    texts = len(watched.texts)
    base = reading([1] * 12, [1] * 12, ["red"] * 12, texts)
    with pytest.raises(RunError, match="no finite probabilities on the text after step 5"):
        measure(watched, 5, base, base, [[nats]] * texts)


def test_base_answers_are_asked_once_and_kept(prepared: Prepared, tmp_path: Path) -> None:
    model = live(prepared, moved=True)
    first = prober(prepared, tmp_path).measure(model, 1)
    asked: list[int] = []
    again = prober(prepared, tmp_path)
    answers = again._answers
    again._answers = lambda bench, some: (asked.append(len(list(some))), answers(bench, some))[1]  # type: ignore[method-assign]
    assert again.measure(model, 1) == first
    assert isinstance(prepared.watched, Watched)
    assert asked == [24 + 2 * len(prepared.watched.texts)], "only the tuned model is asked"
