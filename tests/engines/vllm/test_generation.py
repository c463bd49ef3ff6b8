"""One vLLM generates for base and adapters what plain transformers + PEFT generates, at float32."""

import pytest

from harness.engines import Encoder, EngineSettings
from harness.engines.transformers import TransformersEngine
from harness.records import Decoding, InputError, Kind, Message, Request
from tests.engines.vllm.conftest import World

pytestmark = pytest.mark.vllm

PROMPTS = [
    "The sky",
    "Once upon a time there was a small town by the river, and in it",
    "Question: which of these is a fruit? Answer:",
    "def add(a, b):\n    return",
    (Message("user", "Classify the sentiment of this review: the soup was cold and the waiter rude."),),
    (Message("user", "What is the capital of the little world?"),),
]


def generate(name: str, prompt: object, **decoding: object) -> Request:
    return Request(name, Kind.GENERATE, prompt, decoding=Decoding(**decoding))  # type: ignore[arg-type]


def test_every_model_of_a_mixed_stream_says_what_a_plain_loop_says(world: World) -> None:
    requests = [generate(name, prompt, max_tokens=24) for prompt in PROMPTS for name in world.folders]
    answers = world.ask(requests)
    assert len(answers) == len(requests)
    for name in world.folders:
        loop = world.plain(name)
        for prompt in PROMPTS:
            generation = answers[generate(name, prompt, max_tokens=24)].generation
            assert generation is not None
            assert generation.text.strip() == loop.text(prompt, 24).strip(), (name, prompt)


def test_base_rows_keep_the_bases_weights_whatever_surrounds_them(world: World) -> None:
    alone = world.ask([generate("base", prompt, max_tokens=16) for prompt in PROMPTS])
    mixed = world.ask([generate(name, prompt, max_tokens=16) for prompt in PROMPTS for name in world.folders])
    assert all(mixed[request] == answer for request, answer in alone.items())
    tuned = [mixed[generate("patterned", prompt, max_tokens=16)] for prompt in PROMPTS]
    assert tuned != [alone[generate("base", prompt, max_tokens=16)] for prompt in PROMPTS]


def test_stop_strings_cut_where_the_transformers_engine_cuts(world: World) -> None:
    requests = [generate(name, prompt, max_tokens=32, stop=("e", ".")) for prompt in PROMPTS for name in world.folders]
    ours = world.ask(requests)
    with TransformersEngine(EngineSettings(dtype="float32", device="cpu"), world.models, world.encoder) as engine:
        theirs = {request: answer for batch in engine.answer(requests) for request, answer in batch}
    for request in requests:
        mine, other = ours[request].generation, theirs[request].generation
        assert mine and other and (mine.text, mine.finish) == (other.text, other.finish)
        assert "e" not in mine.text and "." not in mine.text


def test_a_sampled_text_depends_on_its_seed_alone(world: World) -> None:
    def sampled(seed: int) -> Request:
        return generate("small", PROMPTS[1], max_tokens=24, temperature=1.0, seed=seed)

    first = world.ask([sampled(1)])[sampled(1)]
    among_others = world.ask([*(sampled(seed) for seed in range(8)), generate("base", PROMPTS[0])])
    assert among_others[sampled(1)] == first
    assert len({answer.generation.text for answer in among_others.values() if answer.generation}) > 4


def test_known_windows_are_passed_over_and_the_rest_comes_out_the_same(world: World) -> None:
    requests = [generate(name, f"Number {i}:", max_tokens=4) for name in world.folders for i in range(20)]
    whole = list(world.engine.answer(requests))
    answers = {request: answer for batch in whole for request, answer in batch}
    known = {request for batch in whole[:1] for request, _ in batch}
    again = [pair for batch in world.engine.answer(requests, known) for pair in batch]
    assert 0 < len(again) < len(requests)
    assert {request for request, _ in again} >= set(requests) - known
    assert all(answers[request] == answer for request, answer in again)
    assert not list(world.engine.answer(requests, set(requests)))


def test_a_prompt_that_fills_the_context_is_named(world: World) -> None:
    with pytest.raises(InputError, match="no room in a context of"):
        world.ask([generate("base", "word " * 5000)])


def test_the_manifest_says_who_answers_for_whom(world: World) -> None:
    about = world.engine.describe()
    assert about["served_by"] == {name: "vllm, LoRA" if name != "base" else "vllm" for name in world.folders}
    assert about["max_loras"] == len(world.folders)
    assert about["dtype"] == "float32"
    assert isinstance(world.encoder, Encoder)
