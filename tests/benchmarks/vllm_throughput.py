"""Base and three adapters over two generation and two multiple-choice tasks: this harness's vLLM engine against a bare
vLLM script that sends the same requests, against one that scores options as whole prompts, and against
lm-evaluation-harness evaluating the four models one after another.

    python tests/benchmarks/vllm_throughput.py [--samples 50] [--base FOLDER] [--skip lm_eval]
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness.engines import Encoder, EngineSettings
from harness.engines.vllm.asks import plan_work
from harness.models import Model, resolve_adapter, resolve_base
from harness.records import Answer, Decoding, Kind, Request, reference_model

ROOT = Path(__file__).resolve().parents[2]
GENERATED = Decoding(max_tokens=24, stop=("\n",))
LETTERS = (" A", " B", " C", " D")
TASKS = ("gen_short", "gen_long", "mc_letters", "mc_sentences")
CONTENDERS = ("harness", "bare, same requests", "bare, whole prompts", "lm_eval")
THINGS = ("river", "bridge", "market", "tower", "garden", "library", "station", "harbour", "bakery", "school")
PLACES = ["by the old mill", "near the northern gate", "behind the town hall", "on the hill above the lake"]


def documents(samples: int) -> dict[str, list[dict[str, Any]]]:
    """Rows of the four tasks. What they say does not matter here, but they have few-shot headers as real tasks do."""
    chance = random.Random(0)
    header = "".join(
        f"Question: where is the {thing}? Answer: {PLACES[i % 4]}.\n" for i, thing in enumerate(THINGS[:6])
    )
    rows: dict[str, list[dict[str, Any]]] = {task: [] for task in TASKS}
    for i in range(samples):
        thing, other = chance.sample(THINGS, 2)
        rows["gen_short"].append({"prompt": f"Number {i}: the {thing} and the {other}"})
        rows["gen_long"].append({"prompt": f"{header}Question: where is the {thing} number {i}? Answer:"})
        listed = " ".join(f"{letter} {place}" for letter, place in zip("ABCD", PLACES, strict=True))
        question = f"{header}Question {i}: where is the {thing}? {listed} Answer:"
        rows["mc_letters"].append({"prompt": question, "choices": list(LETTERS), "gold": i % 4})
        options = [f" it is {place} beside the {other}" for place in PLACES]
        rows["mc_sentences"].append(
            {"prompt": f"{header}Question {i}: where is the {thing}? Answer:", "choices": options, "gold": i % 4}
        )
    return rows


def requests_of(rows: dict[str, list[dict[str, Any]]], names: list[str]) -> list[Request]:
    return [
        Request(name, Kind.LOGLIKELIHOOD, row["prompt"], tuple(row["choices"]))
        if "choices" in row
        else Request(name, Kind.GENERATE, row["prompt"], decoding=GENERATED)
        for name in names
        for task in TASKS
        for row in rows[task]
    ]


def make_world(folder: Path, base: Path) -> dict[str, str]:
    """Three LoRA adapters with random weights; returns their folders by name."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    made = {}
    for seed, rank in enumerate((4, 8, 16)):
        torch.manual_seed(seed)
        config = LoraConfig(r=rank, target_modules=["q_proj", "v_proj", "up_proj"], init_lora_weights=False)
        model = get_peft_model(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), config)
        made[f"adapter{seed}"] = str(folder / f"adapter{seed}")
        model.save_pretrained(made[f"adapter{seed}"])
    return made


def models_of(base: Path, adapters: dict[str, str]) -> list[Model]:
    found = resolve_base(str(base))
    return [Model("base", found), *(Model(name, found, resolve_adapter(path)) for name, path in adapters.items())]


def write_plan(path: Path, base: Path, adapters: dict[str, str], requests: list[Request]) -> None:
    """What the bare script reads: the same requests in token ids, and the same with every option a whole prompt."""
    encoder = Encoder.load(base)
    length = resolve_base(str(base)).context_length or 4096
    stops = {"stop_token_ids": sorted(encoder.stop_ids), "ignore_eos": True}
    same: dict[tuple[Any, ...], dict[str, Any]] = {}
    whole = []
    for request in requests:
        for ask in plan_work(encoder, request, length).asks:
            if ask.decoding is not None:
                params: dict[str, Any] = {
                    "max_tokens": ask.decoding.max_tokens,
                    "stop": list(ask.decoding.stop),
                    **stops,
                }
                whole.append({"model": ask.model, "prompt": ask.prompt, "params": params})
            else:
                params = {"max_tokens": 1, "logprobs": len(ask.next_ids), "logprob_token_ids": list(ask.next_ids)}
                params["detokenize"] = False
                if ask.rows:
                    params |= {"prompt_logprobs": 0, "skip_reading_prefix_cache": False, "flat_logprobs": True}
            same.setdefault((ask,), {"model": ask.model, "prompt": ask.prompt, "params": params})
        for option in request.continuations:
            context, rest = encoder.pair(request.prompt, option)
            params = {"max_tokens": 1, "prompt_logprobs": 1, "detokenize": False}
            whole.append({"model": request.model, "prompt": [*context, *rest], "params": params})
    llm = {
        "model": str(base),
        "dtype": "float32",
        "enable_lora": True,
        "max_loras": len(adapters) + 1,
        "max_lora_rank": 16,
        "lora_target_modules": ["q_proj", "up_proj", "v_proj"],
        "max_model_len": length,
        "generation_config": "vllm",
        "max_logprobs": 128,
    }
    if _on_cpu():
        llm |= {"block_size": 32, "enforce_eager": True}
    plan = {"llm": llm, "adapters": adapters, "bare, same requests": list(same.values()), "bare, whole prompts": whole}
    path.write_text(json.dumps(plan))


def run_harness(base: Path, adapters: dict[str, str], requests: list[Request]) -> None:
    """Our engine, in a process of its own; prints its times and how far it agrees with the transformers engine."""
    began = time.perf_counter()
    from harness.engines.vllm import VllmEngine

    models, encoder = models_of(base, adapters), Encoder.load(base)
    with VllmEngine(EngineSettings(kind="vllm", dtype="float32"), models, encoder) as engine:
        ready, busy = time.perf_counter(), time.process_time()
        answers = {request: answer for batch in engine.answer(requests) for request, answer in batch}
        done, cpu = time.perf_counter(), time.process_time() - busy
    print("TIMES " + json.dumps({"start": ready - began, "answers": done - ready, "cpu": cpu}))
    from harness.engines.transformers import TransformersEngine

    began = time.perf_counter()
    with TransformersEngine(EngineSettings(dtype="float32"), models, encoder) as reference:
        expected = {request: answer for batch in reference.answer(requests) for request, answer in batch}
    print(f"transformers engine, same requests: {time.perf_counter() - began:.1f} s with loading")
    _print_agreement(answers, expected)


def _print_agreement(answers: dict[Request, Answer], expected: dict[Request, Answer]) -> None:
    texts, choices, differences = [], [], []
    for request, answer in answers.items():
        other = expected[request]
        if answer.generation is not None and other.generation is not None:
            texts.append(answer.generation.text == other.generation.text)
            continue
        ours, theirs = ([one.total for one in each.likelihoods] for each in (answer, other))
        differences += [abs(a - b) for a, b in zip(ours, theirs, strict=True)]
        choices.append(ours.index(max(ours)) == theirs.index(max(theirs)))
    print(f"equal texts {sum(texts)} of {len(texts)}; equal choices {sum(choices)} of {len(choices)}; "
          f"largest difference of a summed log-probability {max(differences):.1e}")  # fmt: skip


def run_lm_eval(folder: Path, base: Path, adapters: dict[str, str], rows: dict[str, list[dict[str, Any]]]) -> float:
    """lm-evaluation-harness over the same rows, one model after the other; returns seconds."""
    for task in TASKS:
        (folder / f"{task}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[task]))
        (folder / f"{task}.yaml").write_text(json.dumps(_lm_eval_task(task, folder)))
    seconds = 0.0
    for adapter in (None, *adapters.values()):
        arguments = f"pretrained={base},dtype=float32" + (f",peft={adapter}" if adapter else "")
        command = [sys.executable, "-m", "lm_eval", "--model", "hf", "--model_args", arguments]
        command += ["--tasks", ",".join(f"bench_{task}" for task in TASKS), "--include_path", str(folder)]
        command += ["--device", "cpu" if _on_cpu() else "cuda", "--batch_size", "32"]
        seconds += _timed(command)[0]
    return seconds


def _lm_eval_task(task: str, folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = {
        "task": f"bench_{task}",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(folder / f"{task}.jsonl")}},
        "test_split": "test",
        "doc_to_text": "{{prompt}}",
        "target_delimiter": "",
    }
    if task.startswith("mc"):
        choices = {"output_type": "multiple_choice", "doc_to_choice": "choices", "doc_to_target": "gold"}
        return {**config, **choices, "metric_list": [{"metric": "acc"}]}
    stops = {"until": list(GENERATED.stop), "max_gen_toks": GENERATED.max_tokens, "do_sample": False}
    generate = {"output_type": "generate_until", "doc_to_target": "none", "generation_kwargs": stops}
    return {**config, **generate, "metric_list": [{"metric": "exact_match"}]}


def _timed(command: list[str]) -> tuple[float, str]:
    extra = {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "VLLM_LOGGING_LEVEL": "ERROR", "VLLM_NO_USAGE_STATS": "1"}
    if _on_cpu():
        extra |= {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_CPU_OMP_THREADS_BIND": "nobind"}
        extra["VLLM_CPU_KVCACHE_SPACE"] = "4"
    began = time.perf_counter()
    done = subprocess.run(command, env={**os.environ, **extra}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return time.perf_counter() - began, done.stdout


def _on_cpu() -> bool:
    import torch

    return not torch.cuda.is_available()


def _report(name: str, out: str) -> tuple[float, float, float]:
    times = json.loads(next(line for line in out.splitlines() if line.startswith("TIMES "))[6:])
    print(
        f"{name:<22} start {times['start']:6.1f} s   answers {times['answers']:6.1f} s   cpu {times['cpu']:6.1f} s",
        flush=True,
    )
    for line in out.splitlines():
        if line.startswith(("equal", "transformers")):
            print(f"  {line}", flush=True)
    return times["start"], times["answers"], times["cpu"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=50, help="samples of each task")
    parser.add_argument("--base", type=Path, default=reference_model())
    parser.add_argument("--skip", action="append", default=[], choices=CONTENDERS)
    parser.add_argument("--rounds", type=int, default=1, help="repeat the vLLM contenders in turn; medians count")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    rows = documents(arguments.samples)
    if arguments.inside:
        adapters = json.loads(arguments.inside.read_text())["adapters"]
        run_harness(arguments.base, adapters, requests_of(rows, ["base", *adapters]))
        return
    with tempfile.TemporaryDirectory() as name:
        compare(Path(name), arguments, rows)


def compare(folder: Path, arguments: argparse.Namespace, rows: dict[str, list[dict[str, Any]]]) -> None:
    adapters = make_world(folder, arguments.base)
    requests = requests_of(rows, ["base", *adapters])
    plan = folder / "plan.json"
    write_plan(plan, arguments.base, adapters, requests)
    print(
        f"{len(requests)} requests of {len(adapters) + 1} models: "
        f"{arguments.samples} samples of each of {len(TASKS)} tasks"
    )
    us = [sys.executable, __file__, "--samples", str(arguments.samples), "--base", str(arguments.base)]
    commands = {CONTENDERS[0]: [*us, "--inside", str(plan)]}
    bare = str(Path(__file__).with_name("bare_vllm.py"))
    commands |= {contender: [sys.executable, bare, str(plan), contender] for contender in CONTENDERS[1:3]}
    seen: dict[str, list[tuple[float, float, float]]] = {contender: [] for contender in commands}
    for _ in range(arguments.rounds):
        for contender, command in commands.items():
            if contender not in arguments.skip:
                seen[contender].append(_report(contender, _timed(command)[1]))
    # Processor time is what a busy machine does not change; wall time is what a user waits.
    middle = {c: [sorted(column)[len(times) // 2] for column in zip(*times, strict=True)] for c, times in seen.items()}
    start, answers, cpu = middle[CONTENDERS[0]]
    for contender in CONTENDERS[1:3]:
        if middle[contender]:
            ready, other, busy = middle[contender]
            print(
                f"harness / {contender}: {answers / other:.2f} for answers ({cpu / busy:.2f} in processor time), "
                f"{(start + answers) / (ready + other):.2f} with start"
            )
    if "lm_eval" not in arguments.skip:
        seconds = run_lm_eval(folder, arguments.base, adapters, rows)
        print(
            f"lm_eval, four runs     {seconds:.1f} s with start\nlm_eval / harness: {seconds / (start + answers):.1f}"
        )


if __name__ == "__main__":
    main()
