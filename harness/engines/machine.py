"""What this machine can do: processor, GPUs, engines, quantization. Imports torch and nothing heavier."""

import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from typing import Any

from harness.engines.base import EngineSettings
from harness.engines.open import chosen_kind

_PACKAGES = ("torch", "transformers", "peft", "trl", "datasets", "bitsandbytes", "sentence-transformers", "lm-eval")


@dataclass(frozen=True)
class Gpu:
    """A GPU that torch sees. Memory in GiB; capability is CUDA's (9.0 for Hopper)."""

    name: str
    memory: float
    free: float
    capability: str


@dataclass(frozen=True)
class Vllm:
    """The installed vLLM: found by its module, whatever the distribution is called."""

    version: str
    distribution: str
    device: str


@dataclass(frozen=True)
class Machine:
    """What `look_around` found. Memory in GiB; ``quantization`` says per way what it can do here, or why not."""

    python: str
    system: str
    cores: int
    memory: float
    available: float
    packages: dict[str, str]
    gpus: tuple[Gpu, ...]
    vllm: Vllm | None
    quantization: dict[str, str]
    auto: str
    why: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def look_around() -> Machine:
    """Look at this machine. Works without a GPU, without vLLM and without bitsandbytes."""
    import psutil

    memory = psutil.virtual_memory()
    gpus, vllm = _gpus(), find_vllm()
    kind = chosen_kind(EngineSettings())
    return Machine(
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory=_gib(memory.total),
        available=_gib(memory.available),
        packages={name: found for name in _PACKAGES if (found := _version(name))},
        gpus=gpus,
        vllm=vllm,
        quantization=_quantization(gpus, vllm),
        auto=kind,
        why=_why(kind, gpus, vllm),
    )


def find_vllm() -> Vllm | None:
    """The installed vLLM, without importing it."""
    if find_spec("vllm") is None:
        return None
    names = [name for name in packages_distributions().get("vllm", []) if _version(name)]
    name = names[0] if names else "vllm"
    found = _version(name) or "unknown"
    on_cpu = name.endswith("-cpu") or "+cpu" in found
    return Vllm(found, name, "cpu" if on_cpu else "cuda")


def _why(kind: str, gpus: tuple[Gpu, ...], vllm: Vllm | None) -> str:
    if kind == "vllm":
        return f"a GPU ({gpus[0].name}) and vllm {vllm.version if vllm else ''} are here"
    if not gpus:
        beside = "; vllm is here for the CPU, ask for it with engine kind: vllm" if vllm else ""
        return f"torch sees no GPU{beside}"
    return "a GPU is here, but vllm is not installed (pip install 'adapter-harness[vllm]')"


def _gpus() -> tuple[Gpu, ...]:
    import torch

    if not torch.cuda.is_available():
        return ()
    found = []
    for index in range(torch.cuda.device_count()):
        about = torch.cuda.get_device_properties(index)
        free, total = torch.cuda.mem_get_info(index)
        found.append(Gpu(about.name, _gib(total), _gib(free), f"{about.major}.{about.minor}"))
    return tuple(found)


def _quantization(gpus: tuple[Gpu, ...], vllm: Vllm | None) -> dict[str, str]:
    ways = {}
    found = _version("bitsandbytes")
    ways["bitsandbytes"] = (
        f"{found}: 4- and 8-bit with transformers, QLoRA training, on the {'GPU' if gpus else 'CPU'}"
        if found
        else "not installed (pip install 'adapter-harness[quant]')"
    )
    if vllm is None:
        ways["awq, gptq, fp8"] = "need vllm, which is not installed"
    elif vllm.device == "cpu":
        ways["awq, gptq"] = "with vllm on the CPU, where the model's layers allow it"
        ways["fp8"] = "needs a GPU"
    else:
        native = bool(gpus) and float(gpus[0].capability) >= 8.9
        ways["awq, gptq"] = "with vllm"
        ways["fp8"] = "with vllm" + ("" if native else "; this GPU computes it in 16 bits (native from capability 8.9)")
    return ways


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _gib(size: float) -> float:
    return round(size / 2**30, 2)
