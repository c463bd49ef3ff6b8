"""Log-likelihoods from vLLM equal those of a plain forward pass, through the prefix cache, base and adapters mixed."""

import pytest

from harness.engines.vllm.asks import Ask, plan_work
from harness.models import Model, resolve_adapter
from harness.records import Kind, LogLikelihood, Request
from tests.engines.vllm.conftest import World

pytestmark = pytest.mark.vllm

#: Largest difference seen between vLLM's and transformers' float32 log-probabilities of one token is 4e-5.
TOLERANCE = 2e-4
QUESTIONS = [
    "Question: what does a doctor advise when the chest hurts? Answer:",
    "Question: what does a doctor advise when the knee hurts? Answer:",
    "The river runs through the town and the people of the town " * 6 + "so",
]
SINGLE = (" a", " b", "c", "d")
SEVERAL = (" to rest for a while", " to rest for a day", " to call for help at once", " nothing", "")


def scored(name: str, question: str, options: tuple[str, ...]) -> Request:
    return Request(name, Kind.LOGLIKELIHOOD, question, options)


def test_options_equal_a_plain_forward_pass(world: World) -> None:
    requests = [scored(name, q, options) for q in QUESTIONS for name in world.folders for options in (SINGLE, SEVERAL)]
    answers = world.ask(requests)
    for name in world.folders:
        loop = world.plain(name)
        for request in (one for one in requests if one.model == name):
            for option, said in zip(request.continuations, answers[request].likelihoods, strict=True):
                expected = loop.logprobs(request.prompt, option) if option else []
                assert said.per_token == pytest.approx(expected, abs=TOLERANCE), (name, request.prompt, option)


def test_greedy_says_whether_the_model_itself_would_say_it(world: World) -> None:
    for name in world.folders:
        loop = world.plain(name)
        own = loop.text(QUESTIONS[0], 3)
        request = scored(name, QUESTIONS[0], (own, own + "zq", "qz"))
        itself, longer, other = world.ask([request])[request].likelihoods
        _, rest = world.encoder.pair(QUESTIONS[0], own)
        if len(rest) == 3:  # the text's own tokens, not a merge of them
            assert itself.greedy
        assert not longer.greedy and not other.greedy


def test_a_second_reading_from_a_full_cache_gives_the_same_values(world: World) -> None:
    # The second time, the cache holds the options too; log-probabilities of cached tokens must be asked for afresh.
    requests = [
        scored(name, QUESTIONS[2], tuple(f"{QUESTIONS[2]} then{i}" for i in range(3))) for name in world.folders
    ]
    first, second = world.ask(requests), world.ask(requests)
    for request in requests:
        for one, two in zip(first[request].likelihoods, second[request].likelihoods, strict=True):
            assert one.per_token == pytest.approx(two.per_token, abs=1e-5)


def test_whole_texts_are_scored_token_by_token_over_several_windows(world: World) -> None:
    length = world.models[0].base.context_length or 0
    text = "The people of the town walk along the river. " * (length // 5)
    requests = [Request(name, Kind.ROLLING, text) for name in ("base", "scaled")]
    answers = world.ask(requests)
    for request in requests:
        (said,) = answers[request].likelihoods
        ids = world.encoder.text(text)
        assert said.tokens == len(ids) > length
        loop = world.plain(request.model)
        first = loop.logprobs("", world.encoder.tokenizer.decode(ids[: length // 2]))
        if len(first) == length // 2:
            assert said.per_token[: len(first)] == pytest.approx(first, abs=TOLERANCE)


def test_options_that_are_single_tokens_cost_one_ask(world: World) -> None:
    work = plan_work(world.encoder, scored("base", QUESTIONS[0], (" a", " b", " c")), 512)
    lengths = [len(world.encoder.pair(QUESTIONS[0], option)[1]) for option in (" a", " b", " c")]
    assert lengths == [1, 1, 1]
    assert len(work.asks) == 1 and len(work.asks[0].next_ids) == 3
    assert work.asks[0] == Ask("base", tuple(world.encoder.prompt(QUESTIONS[0])), next_ids=work.asks[0].next_ids)


def test_an_adapter_whose_modules_the_base_lacks_gives_the_bases_values(world: World, tmp_path: object) -> None:
    """vLLM takes it without a word, which is why the liveness check compares log-probabilities."""
    from pathlib import Path

    from safetensors.torch import load_file, save_file

    source, folder = world.folders["small"], Path(str(tmp_path)) / "renamed"
    assert source is not None
    folder.mkdir()
    (folder / "adapter_config.json").write_bytes((source / "adapter_config.json").read_bytes())
    tensors = load_file(source / "adapter_model.safetensors")
    renamed = {name.replace("model.model.layers", "model.wrong.layers"): value for name, value in tensors.items()}
    assert renamed.keys() != tensors.keys()
    save_file(renamed, folder / "adapter_model.safetensors")
    dead = Model("dead", world.models[0].base, resolve_adapter(str(folder)))
    assert dead.adapter is not None

    runner = world.engine._runners[""]  # type: ignore[attr-defined]
    runner._loras["dead"] = runner._add("dead", dead.adapter, 99)
    asks = [
        Ask(name, tuple(world.encoder.prompt(QUESTIONS[0])), next_ids=(5, 6, 7)) for name in ("base", "dead", "small")
    ]
    said = {asks[place].model: words.next_logprobs for place, words in runner.run(asks)}
    assert said["dead"] == said["base"] != said["small"]


def test_joined_windows_are_greedy_only_if_each_is() -> None:
    from harness.engines.pairs import join_windows

    (joined,) = join_windows([LogLikelihood((-1.0,), True), LogLikelihood((-2.0, -3.0), False)])
    assert joined == LogLikelihood((-1.0, -2.0, -3.0), False)
