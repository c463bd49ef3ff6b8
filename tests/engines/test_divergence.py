"""KL(base‖tuned) over the whole vocabulary, from one model with its adapter off and on."""

import math
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, rel_entr, softmax

from harness.engines import Encoder, EngineSettings, open_engine
from harness.engines.transformers.divergence import divergence_pass, kl_per_token
from harness.models import Model, resolve_adapter, resolve_base
from harness.records import Answer, Kind, Request

TEXTS = [
    Request("tuned", Kind.DIVERGENCE, "The capital of the land", (" is far away",)),
    Request("tuned", Kind.DIVERGENCE, "Which one?", (" the second",)),
    Request("tuned", Kind.DIVERGENCE, "A text that is scored whole, word by word."),
]


def answers(adapters: dict[str, Path], requests: list[Request], **options: Any) -> dict[Request, Answer]:
    base = resolve_base("reference")
    models = [Model("base", base), *(Model(name, base, resolve_adapter(str(path))) for name, path in adapters.items())]
    settings_ = EngineSettings(kind="transformers", device="cpu", **options)
    with open_engine(settings_, models, Encoder.load(base.folder)) as engine:
        return {request: answer for batch in engine.answer(requests) for request, answer in batch}


def reference_kl(base: Any, tuned: Any, ids: list[int], scored: int) -> list[float]:
    """One text alone through two models that share nothing, in scipy's double precision."""
    with torch.inference_mode():
        left, right = (model(torch.tensor([ids])).logits[0].double().numpy() for model in (base, tuned))
    places = range(len(ids) - 1 - scored, len(ids) - 1)
    return [float(rel_entr(softmax(left[i]), softmax(right[i])).sum()) for i in places]


def test_divergences_are_those_of_two_separate_models(make_adapter: Any, base_folder: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    adapter = make_adapter("moved")
    given = answers({"tuned": adapter}, TEXTS)
    base = AutoModelForCausalLM.from_pretrained(base_folder, dtype=torch.float32).eval()
    loaded = AutoModelForCausalLM.from_pretrained(base_folder, dtype=torch.float32)
    tuned = PeftModel.from_pretrained(loaded, str(adapter)).eval()
    encoder = Encoder.load(base_folder)
    for request in TEXTS[:2]:
        context, continuation = encoder.pair(request.prompt, request.continuations[0])
        known = reference_kl(base, tuned, [*context, *continuation], len(continuation))
        assert given[request].divergence == pytest.approx(known, rel=1e-3, abs=1e-6)
        assert max(known) > 0.01
    whole = [encoder.prefix_id, *encoder.text(str(TEXTS[2].prompt))]
    known = reference_kl(base, tuned, whole, len(whole) - 1)
    assert given[TEXTS[2]].divergence == pytest.approx(known, rel=1e-3, abs=1e-6)


def test_the_base_does_not_differ_from_itself_nor_an_untrained_adapter_from_the_base(make_adapter: Any) -> None:
    from peft import LoraConfig

    untrained = make_adapter("untrained", LoraConfig(r=4, target_modules=["q_proj"]))
    of_base = [Request("base", one.kind, one.prompt, one.continuations) for one in TEXTS]
    for request, answer in answers({"tuned": untrained}, [*TEXTS, *of_base]).items():
        assert answer.divergence and max(answer.divergence) == 0.0, request


@pytest.mark.parametrize("method", ["ia3", "prompt_tuning"])
def test_methods_that_wrap_the_base_in_their_own_way_diverge_too(make_adapter: Any, method: str) -> None:
    from peft import IA3Config, PromptTuningConfig, TaskType

    config = (
        IA3Config(target_modules=["k_proj", "down_proj"], feedforward_modules=["down_proj"], init_ia3_weights=False)
        if method == "ia3"
        else PromptTuningConfig(task_type=TaskType.CAUSAL_LM, num_virtual_tokens=4)
    )
    given = answers({"tuned": make_adapter(method, config)}, TEXTS)
    encoder = Encoder.load(resolve_base("reference").folder)
    assert all(sum(answer.divergence) > 0 for answer in given.values())
    assert len(given[TEXTS[2]].divergence) == len(encoder.text(str(TEXTS[2].prompt)))


def test_a_model_that_computes_all_logits_though_few_are_wanted_is_read_where_the_text_stands() -> None:
    from transformers import AutoModelForCausalLM, xLSTMConfig

    config = xLSTMConfig(vocab_size=64, hidden_size=64, num_blocks=2, num_heads=2, qk_dim_factor=1.0, v_dim_factor=1.0)
    base, tuned = (AutoModelForCausalLM.from_config(config).eval() for _ in range(2))
    pairs = [((5, 9, 3, 11, 2), (7, 1)), ((5, 9, 3), (8,))]
    found = divergence_pass(lambda: nullcontext(base), lambda: nullcontext(tuned), pairs, 0, 64)
    for (context, rest), divergence in zip(pairs, found, strict=True):
        assert divergence == pytest.approx(reference_kl(base, tuned, [*context, *rest], len(rest)), rel=1e-3)


def test_batches_and_the_cut_of_a_long_text_change_nothing(make_adapter: Any) -> None:
    adapter = {"tuned": make_adapter("batched", seed=3)}
    together = answers(adapter, TEXTS)
    for request in TEXTS:
        alone = answers(adapter, [request])[request].divergence
        assert together[request].divergence == pytest.approx(alone, rel=1e-3, abs=1e-6)
    cut = answers(adapter, TEXTS[2:], max_model_len=6)[TEXTS[2]].divergence
    assert len(cut) == len(together[TEXTS[2]].divergence)


def test_an_answer_survives_its_json() -> None:
    answer = Answer(divergence=(0.25, 0.0))
    assert Answer.from_json(answer.to_json()) == answer


LOGITS = st.lists(st.floats(-30, 30), min_size=2, max_size=12)


@settings(max_examples=60, deadline=None)
@given(LOGITS, st.randoms())
def test_kl_is_that_of_the_definition_and_never_below_zero(left: list[float], rng: Any) -> None:
    right = [value + rng.uniform(-3, 3) for value in left]
    found = float(kl_per_token(torch.tensor(left), torch.tensor(right)))
    p, q = log_softmax(left), log_softmax(right)
    assert found == pytest.approx(math.fsum(math.e**a * (a - b) for a, b in zip(p, q, strict=True)), abs=1e-4)
    assert found >= 0
    assert float(kl_per_token(torch.tensor(left), torch.tensor(left) + 5.0)) == pytest.approx(0.0, abs=1e-5)


def test_a_token_that_the_base_excludes_adds_nothing() -> None:
    base, tuned = torch.tensor([0.0, 0.0, -torch.inf]), torch.tensor([0.0, 0.0, 0.0])
    assert float(kl_per_token(base, tuned)) == pytest.approx(math.log(1.5))
