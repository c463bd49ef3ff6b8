"""A bare script over vLLM: loads it once and sends prepared requests in one call. Imports nothing of the harness."""

import json
import sys
import time
from pathlib import Path
from typing import Any


def main(plan_path: str, key: str) -> None:
    plan = json.loads(Path(plan_path).read_text())
    began = time.perf_counter()
    from vllm import LLM, SamplingParams
    from vllm.lora.request import LoRARequest

    llm = LLM(**plan["llm"])
    ready, busy = time.perf_counter(), time.process_time()
    loras = {name: LoRARequest(name, i + 1, path) for i, (name, path) in enumerate(plan["adapters"].items())}
    asks: list[dict[str, Any]] = plan[key]
    outputs = llm.generate(
        [{"prompt_token_ids": ask["prompt"]} for ask in asks],
        [SamplingParams(temperature=0.0, **ask["params"]) for ask in asks],
        lora_request=[loras.get(ask["model"]) for ask in asks],
        use_tqdm=False,
    )
    done = time.perf_counter()
    assert len(outputs) == len(asks)
    cpu = time.process_time() - busy
    print("TIMES " + json.dumps({"start": ready - began, "answers": done - ready, "cpu": cpu}))


if __name__ == "__main__":
    main(*sys.argv[1:])
