"""The server engine against a real ``vllm serve`` on loopback with two adapters: the same answers as plain PEFT."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from harness.engines import Encoder, EngineSettings
from harness.engines.server import ServerEngine
from harness.models import Model, resolve_adapter, resolve_base
from harness.records import Decoding, Kind, Message, Request
from tests.engines.plain import PlainLoop

pytestmark = [pytest.mark.vllm, pytest.mark.slow]
pytest.importorskip("vllm", reason="vllm is not installed")

PROMPTS = ["Once upon a time there was a small town", (Message("user", "What is the capital of the little world?"),)]
OPTIONS = (" the river", " a very long walk", " b")


@pytest.fixture(scope="module")
def folders(make_adapter: Callable[..., Path]) -> dict[str, Path | None]:
    return {"base": None, "one": make_adapter("one", seed=11), "two": make_adapter("two", seed=12)}


@pytest.fixture(scope="module")
def url(base_folder: Path, folders: dict[str, Path | None], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    modules = [f"{name}={path}" for name, path in folders.items() if path]
    # What `vllm serve` runs; the command itself looks for a distribution named vllm, which the CPU build is not.
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(base_folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--served-model-name", "base", "--dtype", "float32"]
    command += ["--enable-lora", "--max-loras", "3", "--max-lora-rank", "8", "--lora-modules", *modules]
    command += ["--lora-target-modules", "q_proj", "v_proj", "up_proj", "--enforce-eager", "--block-size", "32"]
    environment = {**os.environ, "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    log = tmp_path_factory.mktemp("serve") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_until_healthy(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 300
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            if httpx.get(address, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(1)
    raise AssertionError(f"vllm serve did not come up: {log.read_text()[-3000:]}")


def test_generations_and_likelihoods_equal_a_plain_loop(
    url: str, base_folder: Path, folders: dict[str, Path | None]
) -> None:
    base = resolve_base(str(base_folder))
    models = [Model(name, base, resolve_adapter(str(path)) if path else None) for name, path in folders.items()]
    generated = [Request(n, Kind.GENERATE, p, decoding=Decoding(max_tokens=16)) for n in folders for p in PROMPTS]
    scored = [Request(name, Kind.LOGLIKELIHOOD, prompt, OPTIONS) for name in folders for prompt in PROMPTS]
    settings = EngineSettings(kind="server", options={"url": url, "models": {"base": "base"}})
    with ServerEngine(settings, models, Encoder.load(base_folder)) as engine:
        assert engine.describe()["server"] == "vllm"
        answers = {request: answer for batch in engine.answer([*generated, *scored]) for request, answer in batch}
    assert len(answers) == len(generated) + len(scored)
    for name, path in folders.items():
        loop = PlainLoop(base_folder, path)
        for request in (one for one in generated if one.model == name):
            generation = answers[request].generation
            assert generation and generation.text.strip() == loop.text(request.prompt, 16).strip()
        for request in (one for one in scored if one.model == name):
            for option, said in zip(OPTIONS, answers[request].likelihoods, strict=True):
                assert said.per_token == pytest.approx(loop.logprobs(request.prompt, option), abs=2e-4)
