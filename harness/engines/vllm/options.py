"""The ``options:`` that the vLLM engine takes beside the settings all engines share."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

#: What to do with an adapter that vLLM cannot serve.
Policy = Literal["transformers", "merge", "stop"]


class VllmOptions(BaseModel):
    """Settings of the vLLM engine alone.

    Attributes:
        unsupported: For adapters that vLLM cannot serve: answer with the transformers engine, merge into a temporary
            full model (where that is exact) and serve that, or stop before the engine starts.
        own_process: Run vLLM's core in a process of its own. Left out: not on the CPU, where starting takes half the
            time and results do not depend on timing; elsewhere yes, so that scoring overlaps with the GPU's work.
        window: Engine requests that are under way together; at most this many are lost with a killed run.
        max_loras: Adapters in one batch. The default, adapters + 1, is the smallest that was seen to be right.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    unsupported: Policy = "transformers"
    quantization: str | None = None
    tensor_parallel_size: Annotated[int, Field(ge=1)] = 1
    pipeline_parallel_size: Annotated[int, Field(ge=1)] = 1
    data_parallel_size: Annotated[int, Field(ge=1)] = 1
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] | None = None
    kv_cache_gib: Annotated[float, Field(gt=0)] | None = None
    block_size: Annotated[int, Field(gt=0)] | None = None
    max_num_seqs: Annotated[int, Field(ge=1)] | None = None
    max_num_batched_tokens: Annotated[int, Field(ge=1)] | None = None
    max_loras: Annotated[int, Field(ge=1)] | None = None
    enforce_eager: bool | None = None
    enable_prefix_caching: bool = True
    seed: int = 0
    own_process: bool | None = None
    window: Annotated[int, Field(ge=1)] = 1024
    verbose: bool = False
