"""Starting vLLM: its arguments from a suite's settings, its environment, and what it says when it cannot start."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from harness.engines.base import EngineSettings
from harness.engines.vllm.asks import MAX_NEXT_IDS
from harness.engines.vllm.capability import rank_to_reserve, target_modules
from harness.engines.vllm.options import VllmOptions
from harness.models import Adapter
from harness.records import InputError, RunError, reason

#: Tokens in a block of the prefix cache on the CPU: the smallest its attention takes (vLLM's default there is 128,
#: which caches nothing of a short prompt).
CPU_BLOCK = 32
#: Most memory, in GiB, that the CPU build's cache takes unless told otherwise.
CPU_CACHE_GIB = 4


@dataclass(frozen=True)
class Start:
    """What one vLLM is started with.

    Attributes:
        folder: The full model.
        context: Longest sequence in tokens that it reads.
        memory_share: Share of the GPU's memory it may take, None for vLLM's default.
    """

    folder: Path
    tokenizer: Path
    adapters: Sequence[Adapter]
    dtype: str
    context: int
    own_process: bool
    memory_share: float | None = None


def import_vllm(verbose: bool) -> Any:
    """Import vLLM with its logging quiet (it reads the environment once, at import) and without its usage reports."""
    if not verbose:
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    import vllm

    return vllm


def on_cpu() -> bool:
    """Whether the installed vLLM computes on the CPU."""
    from vllm.platforms import current_platform

    return bool(current_platform.is_cpu())


def start_vllm(start: Start, settings: EngineSettings, options: VllmOptions) -> Any:
    """An ``LLM`` that serves ``start``.

    Raises:
        InputError: an argument that the installed version does not take, or refuses.
        RunError: vLLM did not start.
    """
    vllm = import_vllm(options.verbose)
    arguments = _arguments(start, settings, options)
    known = {field.name for field in fields(vllm.EngineArgs)}
    for name in ("lora_target_modules", "use_tqdm_on_load"):  # not in every version, and not needed where absent
        if name not in known:
            arguments.pop(name, None)
    unknown = next((name for name in arguments if name not in known), None)
    if unknown:
        raise InputError(
            f"vLLM {vllm.__version__} does not take {unknown}", where="engine.options", mend="leave it out"
        )
    with _environment(start, options):
        try:
            return vllm.LLM(**arguments)
        except (ValueError, TypeError, NotImplementedError, AssertionError) as error:
            raise InputError(
                f"vLLM refuses to start ({reason(error)[:200]})", where=str(start.folder), mend="see engine.options"
            ) from error
        except (RuntimeError, OSError) as error:
            raise RunError(
                f"vLLM did not start ({reason(error)[:200]})",
                where=str(start.folder),
                mend="run again with engine.options.verbose: true to see its log, or use engine kind: transformers",
            ) from error


def _arguments(start: Start, settings: EngineSettings, options: VllmOptions) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "model": str(start.folder),
        "tokenizer": str(start.tokenizer),
        "dtype": start.dtype,
        # vLLM keeps room for one generated token; a scored sequence may fill the context without it.
        "max_model_len": start.context + 1,
        "enable_prefix_caching": options.enable_prefix_caching,
        "generation_config": "vllm",
        "load_format": "safetensors",
        "max_logprobs": MAX_NEXT_IDS,
        "seed": options.seed,
        "trust_remote_code": False,
        "use_tqdm_on_load": False,
    }
    passed = ("quantization", "max_num_seqs", "max_num_batched_tokens", "block_size", "enforce_eager")
    arguments |= {name: getattr(options, name) for name in passed if getattr(options, name) is not None}
    sizes = ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size")
    arguments |= {name: getattr(options, name) for name in sizes if getattr(options, name) > 1}
    if start.memory_share is not None:
        arguments["gpu_memory_utilization"] = start.memory_share
    if on_cpu():
        arguments.setdefault("block_size", CPU_BLOCK)
        # Compiling takes minutes on a few cores and is not used with LoRA there.
        arguments.setdefault("enforce_eager", True)
    elif options.kv_cache_gib:
        arguments["kv_cache_memory_bytes"] = int(options.kv_cache_gib * 2**30)
    if start.adapters:
        arguments |= {
            "enable_lora": True,
            # With fewer, rows of the base in a mixed batch were seen to be answered with an adapter's weights.
            "max_loras": options.max_loras or len(start.adapters) + 1,
            "max_lora_rank": rank_to_reserve(start.adapters),
            # Without the restriction lm_head is wrapped too, and prompt log-probabilities then kill the CPU build.
            "lora_target_modules": target_modules(start.adapters),
        }
    return arguments


@contextmanager
def _environment(start: Start, options: VllmOptions) -> Iterator[None]:
    wanted = {
        "VLLM_ENABLE_V1_MULTIPROCESSING": "1" if start.own_process else "0",
        "VLLM_ALLOW_LONG_MAX_MODEL_LEN": "1",
    }
    if on_cpu():
        gib = options.kv_cache_gib or min(CPU_CACHE_GIB, _free_gib() / 4)
        wanted["VLLM_CPU_KVCACHE_SPACE"] = os.environ.get("VLLM_CPU_KVCACHE_SPACE", str(max(1, int(gib))))
        if not start.own_process:
            # Binding threads to cores would bind this whole process.
            wanted["VLLM_CPU_OMP_THREADS_BIND"] = os.environ.get("VLLM_CPU_OMP_THREADS_BIND", "nobind")
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _free_gib() -> float:
    import psutil

    return float(psutil.virtual_memory().available) / 2**30
