"""The transformers engine says what a plain transformers + PEFT loop says, for the base and every adapter."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import IA3Config, PrefixTuningConfig

from harness.engines import Encoder, EngineSettings
from harness.engines.transformers import TransformersEngine
from harness.engines.transformers.batching import plan_batches
from harness.models import Model, resolve_adapter, resolve_base
from harness.records import Answer, Decoding, InputError, Kind, Message, Request
from tests.engines.plain import PlainLoop

PROMPTS = [
    "The sky",
    "Once upon a time there was a small town by the river, and in it",
    (Message("user", "Classify the sentiment of this review: the soup was cold and the waiter rude."),),
    (Message("system", "Be brief."), Message("user", "What is the capital of the little world?")),
]
OPTIONS = (" yes", " no, it certainly is not", " perhaps")


@pytest.fixture(scope="module")
def world(base_folder: Path, make_adapter: Any) -> dict[str, Path | None]:
    ia3 = IA3Config(
        target_modules=["k_proj", "v_proj", "down_proj"], feedforward_modules=["down_proj"], init_ia3_weights=False
    )
    prefix = PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4)
    # "a" and "prefix" are parts of PEFT's own parameter names, where it would start such an adapter afresh.
    return {
        "base": None,
        "a": make_adapter("a", seed=1),
        "prefix": make_adapter("prefix", prefix, seed=2),
        "two": make_adapter("two", seed=3),
        "ia3": make_adapter("ia3", ia3, seed=4),
    }


def opened(base_folder: Path, world: dict[str, Path | None], **settings: Any) -> TransformersEngine:
    base = resolve_base(str(base_folder))
    models = [Model(name, base, resolve_adapter(str(path)) if path else None) for name, path in world.items()]
    return TransformersEngine(EngineSettings(device="cpu", **settings), models, Encoder.load(base_folder))


def answers_of(engine: TransformersEngine, requests: list[Request]) -> dict[Request, Answer]:
    return {request: answer for batch in engine.answer(requests) for request, answer in batch}


def test_base_and_adapters_of_three_methods_equal_a_plain_loop(
    base_folder: Path, world: dict[str, Path | None]
) -> None:
    greedy = Decoding(max_tokens=24)
    requests = [
        request
        for name in world
        for prompt in PROMPTS
        for request in (
            Request(name, Kind.GENERATE, prompt, decoding=greedy),
            Request(name, Kind.LOGLIKELIHOOD, prompt, OPTIONS),
        )
    ]
    with opened(base_folder, world) as engine:
        answers = answers_of(engine, requests)
    assert len(answers) == len(requests)
    for name, folder in world.items():
        loop = PlainLoop(base_folder, folder)
        for prompt in PROMPTS:
            generation = answers[Request(name, Kind.GENERATE, prompt, decoding=greedy)].generation
            assert generation is not None
            assert generation.text.strip() == loop.text(prompt, 24).strip(), (name, prompt)
            likelihoods = answers[Request(name, Kind.LOGLIKELIHOOD, prompt, OPTIONS)].likelihoods
            for option, got in zip(OPTIONS, likelihoods, strict=True):
                assert got.per_token == pytest.approx(loop.logprobs(prompt, option), abs=1e-4), (name, prompt, option)


def test_a_long_prompt_takes_no_room_from_the_others_of_its_batch(
    base_folder: Path, world: dict[str, Path | None]
) -> None:
    encoder = Encoder.load(base_folder)
    context = resolve_base(str(base_folder)).context_length
    assert context is not None
    long = encoder.tokenizer.decode(encoder.prompt("The river runs through the town and " * 200)[: context - 12])
    room = context - len(encoder.prompt(long))
    assert 4 < room < 24
    requests = [
        Request(name, Kind.GENERATE, prompt, decoding=Decoding(max_tokens=24))
        for name in ("base", "prefix")
        for prompt in (long, "The sky")
    ]
    with opened(base_folder, world, batch_tokens=1 << 20) as engine:
        said = {(one.model, one.prompt): answer.generation for one, answer in answers_of(engine, requests).items()}
    for name, taken in (("base", 0), ("prefix", 4)):
        loop = PlainLoop(base_folder, world[name])
        for prompt, most in ((long, room - taken), ("The sky", 24)):
            generation = said[name, prompt]
            assert generation is not None
            assert generation.text.strip() == loop.text(prompt, most).strip()
            assert generation.tokens <= most


def test_a_prompt_that_virtual_tokens_leave_no_room_for_is_one_line(
    base_folder: Path, world: dict[str, Path | None]
) -> None:
    encoder = Encoder.load(base_folder)
    context = resolve_base(str(base_folder)).context_length
    assert context is not None
    long = encoder.tokenizer.decode(encoder.prompt("The river runs through the town and " * 200)[: context - 3])
    request = Request("prefix", Kind.GENERATE, long, decoding=Decoding(max_tokens=4))
    with (
        opened(base_folder, world) as engine,
        pytest.raises(InputError, match=r"'prefix': a prompt of \d+ tokens leaves no room"),
    ):
        answers_of(engine, [request])


def test_the_greedy_flag_says_whether_greedy_decoding_gives_the_continuation(base_folder: Path) -> None:
    prompt = PROMPTS[2]
    loop = PlainLoop(base_folder)
    own = loop.text(prompt, 3)
    with opened(base_folder, {"base": None}) as engine:
        request = Request("base", Kind.LOGLIKELIHOOD, prompt, (own, own + " zebra zebra"))
        first, second = answers_of(engine, [request])[request].likelihoods
    assert first.greedy and not second.greedy


def test_a_text_longer_than_the_context_is_scored_token_by_token_in_windows(base_folder: Path) -> None:
    text = "The little town lies by the river. " * 40
    with opened(base_folder, {"base": None}, max_model_len=64) as engine:
        request = Request("base", Kind.ROLLING, text)
        (whole,) = answers_of(engine, [request])[request].likelihoods
    assert whole.tokens == len(Encoder.load(base_folder).text(text)) > 64


def test_rolling_windows_are_those_of_lm_evaluation_harness() -> None:
    utils = pytest.importorskip("lm_eval.utils")
    from harness.engines.pairs import rolling_windows

    for tokens in ([], [5], list(range(2, 12)), list(range(2, 31)), list(range(2, 50))):
        windows = utils.get_rolling_token_windows(tokens, prefix_token=1, max_seq_len=8, context_len=1)
        theirs = [utils.make_disjoint_window(window) for window in windows]
        assert [(list(a), list(b)) for a, b in rolling_windows(tokens, 1, 8)] == [(list(a), list(b)) for a, b in theirs]


def test_a_sampled_text_depends_on_its_seed_and_not_on_its_batch(base_folder: Path) -> None:
    hot = [Request("base", Kind.GENERATE, "The sky", decoding=Decoding(12, temperature=3.0, seed=s)) for s in range(6)]
    with opened(base_folder, {"base": None}) as engine:
        together = answers_of(engine, hot)
        alone = answers_of(engine, [hot[3]])
    assert together[hot[3]] == alone[hot[3]]
    assert len({answer.generation for answer in together.values()}) > 3


def test_sampling_follows_the_models_distribution(base_folder: Path) -> None:
    """First tokens of 600 seeded draws against the model's own probabilities, by a chi-squared test."""
    from scipy.stats import chisquare

    prompt = "The"
    encoder = Encoder.load(base_folder)
    draws = [Request("base", Kind.GENERATE, prompt, decoding=Decoding(1, temperature=1.0, seed=s)) for s in range(600)]
    with opened(base_folder, {"base": None}) as engine:
        texts = [answer.generation.text for answer in answers_of(engine, draws).values() if answer.generation]
    logits = PlainLoop(base_folder).model(input_ids=torch.tensor([encoder.prompt(prompt)])).logits[0, -1]
    probabilities = logits.softmax(-1)
    top = probabilities.topk(8)
    names = [encoder.decode(encoder.prompt(prompt), [int(token)]) for token in top.indices]
    counts = [texts.count(name) for name in names]
    expected = [p * len(texts) for p in top.values.tolist()]
    counts.append(len(texts) - sum(counts))
    expected.append(len(texts) - sum(expected))
    assert chisquare(counts, expected).pvalue > 1e-3


@pytest.mark.parametrize("content", ['{"eos_token_id": 2', '{"eos_token_id": ["</s>"]}', '{"eos_token_id": {}}', "[2]"])
def test_a_damaged_generation_config_is_refused_in_one_line(base_folder: Path, tmp_path: Path, content: str) -> None:
    copy = shutil.copytree(base_folder, tmp_path / "copy")
    (copy / "generation_config.json").write_text(content)
    with pytest.raises(InputError, match=r"generation_config\.json: "):
        Encoder.load(copy)


def test_stop_strings_end_a_text_and_are_not_part_of_it(base_folder: Path) -> None:
    loop = PlainLoop(base_folder)
    prompt, full = max(((p, loop.text(p, 40)) for p in PROMPTS), key=lambda pair: len(pair[1].split()))
    stop = full.split()[2]
    with opened(base_folder, {"base": None}) as engine:
        request = Request("base", Kind.GENERATE, prompt, decoding=Decoding(40, stop=(stop,)))
        generation = answers_of(engine, [request])[request].generation
    assert generation is not None and generation.finish == "stop"
    assert stop not in generation.text and full.startswith(generation.text)


def test_a_stop_string_ends_a_text_at_the_token_that_completes_it_wherever_that_is(base_folder: Path) -> None:
    encoder, asked = Encoder.load(base_folder), Decoding(60)
    prompt = (Message("user", "Complete this Python function.\n\ndef show_catalogue(folder, name):"),)
    with opened(base_folder, {"base": None}) as engine:
        whole = Request("base", Kind.GENERATE, prompt, decoding=asked)
        full = answers_of(engine, [whole])[whole].generation
        assert full is not None and full.tokens > 50
        cuts = {full.text[at : at + 5]: at for at in range(0, len(full.text) - 5, 7)}
        stops = [stop for stop, at in cuts.items() if full.text.find(stop) == at]
        requests = [Request("base", Kind.GENERATE, prompt, decoding=Decoding(60, stop=(stop,))) for stop in stops]
        answers = answers_of(engine, requests)
    for stop, request in zip(stops, requests, strict=True):
        said = answers[request].generation
        end = full.text.find(stop) + len(stop)
        assert said is not None and said.text == full.text[: end - len(stop)], stop
        assert said.tokens <= len(encoder.text(full.text[:end])) + 1, stop


def test_known_requests_are_passed_over_without_changing_the_batches_of_the_rest(base_folder: Path) -> None:
    requests = [Request("base", Kind.LOGLIKELIHOOD, f"Number {i} is", (" one", " two")) for i in range(40)]
    with opened(base_folder, {"base": None}, batch_tokens=64) as engine:
        batches = list(engine.answer(requests))
        first = frozenset(request for request, _ in batches[0])
        again = list(engine.answer(requests, first))
    assert again == batches[1:] and len(batches) > 3


def test_running_out_of_memory_halves_the_batch_and_goes_on(base_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.engines.transformers import engine as module

    real = module.shared_prefix_pass

    def small_memory(model: Any, pairs: Any, pad: int) -> Any:
        if len(pairs) > 4:
            raise torch.OutOfMemoryError("out of memory")
        return real(model, pairs, pad)

    monkeypatch.setattr(module, "shared_prefix_pass", small_memory)
    requests = [Request("base", Kind.LOGLIKELIHOOD, f"Number {i} is", (" one", " two")) for i in range(9)]
    with opened(base_folder, {"base": None}) as engine:
        assert set(answers_of(engine, requests)) == set(requests)


def test_batches_hold_one_model_and_kind_and_keep_to_the_budget() -> None:
    requests = [
        Request(model, Kind.GENERATE, "x" * n, decoding=Decoding(4)) for model in ("a", "b") for n in range(1, 30)
    ]
    batches = plan_batches(requests, lambda r: (1, len(str(r.prompt))), 60)
    assert sorted(r.prompt for b in batches for r in b.requests) == sorted(r.prompt for r in requests)
    for batch in batches:
        assert {request.model for request in batch.requests} == {batch.model}
        longest = max(len(str(request.prompt)) for request in batch.requests)
        assert len(batch.requests) * longest <= 60 or len(batch.requests) == 1


@pytest.mark.parametrize("first", ["base", "good", "broken"])
@pytest.mark.parametrize("change", [{"target_modules": ["no_such_module"]}, {"target_modules": "("}, {"r": 5}])
def test_an_adapter_that_peft_cannot_put_on_is_named_each_time_and_is_no_other_models_trouble(
    base_folder: Path, make_adapter: Any, change: dict[str, Any], first: str
) -> None:
    good, folder = make_adapter("good"), make_adapter("broken")
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(config | change))
    whole, broken = (Request(model, Kind.LOGLIKELIHOOD, "The", (" sky",)) for model in ("good", "broken"))
    with opened(base_folder, {"base": None, "good": good}) as engine:
        alone = answers_of(engine, [whole])
    with opened(base_folder, {"base": None, "good": good, "broken": folder}) as engine:
        if first != "broken":
            answers_of(engine, [Request(first, Kind.LOGLIKELIHOOD, "The", (" sky",))])
        for _ in range(2):
            with pytest.raises(InputError, match=r"broken.*PEFT cannot put"):
                answers_of(engine, [broken])
            assert answers_of(engine, [whole]) == alone
