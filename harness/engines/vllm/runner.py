"""One running vLLM: asks go in, what it says comes out as it finishes."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

from harness.engines.base import EngineSettings
from harness.engines.vllm.asks import Ask, Said
from harness.engines.vllm.options import VllmOptions
from harness.engines.vllm.start import Start, start_vllm
from harness.models import Adapter
from harness.records import InputError, RunError, reason


class Runner:
    """A base with its LoRA adapters in one vLLM.

    Args:
        adapters: By model name; models without an entry are answered by the base.
        stop_ids: Tokens that end a generation.
    """

    def __init__(
        self,
        start: Start,
        settings: EngineSettings,
        options: VllmOptions,
        adapters: dict[str, Adapter],
        stop_ids: Sequence[int],
    ) -> None:
        self._llm: Any = start_vllm(start, settings, options)
        self._stop_ids = list(stop_ids)
        self._numbers = count()
        self._loras: dict[str, Any] = {}
        try:
            self._load(adapters)
        except InputError:
            self.close()
            raise

    @property
    def config(self) -> Any:
        """vLLM's own configuration, for the manifest."""
        return self._llm.llm_engine.vllm_config

    def run(self, asks: Sequence[Ask]) -> Iterator[tuple[int, Said]]:
        """Ask all at once; yield the place of each ask with what was said, as soon as it is.

        Raises:
            RunError: vLLM died.
        """
        waiting = {self._send(ask): place for place, ask in enumerate(asks)}
        try:
            while waiting:
                for output in self._step():
                    place = waiting.pop(output.request_id, None)
                    if place is None or not output.finished:
                        continue
                    said = _read(asks[place], output)
                    if said is None:
                        waiting[self._send(asks[place].afresh())] = place
                    else:
                        yield place, said
        finally:
            if waiting and self._llm is not None:
                with suppress(RuntimeError):
                    self._llm.llm_engine.abort_request(list(waiting))

    def close(self) -> None:
        """Stop vLLM and free its memory. May be called twice."""
        if self._llm is None:
            return
        llm, self._llm = self._llm, None
        core = llm.llm_engine.engine_core
        in_process = type(core).__name__ == "InprocClient"
        core.shutdown()
        del llm, core
        gc.collect()
        if in_process:
            from vllm.distributed import cleanup_dist_env_and_memory

            cleanup_dist_env_and_memory()

    def _load(self, adapters: dict[str, Adapter]) -> None:
        added: dict[str, Any] = {}
        for name, adapter in adapters.items():
            if adapter.fingerprint not in added:
                added[adapter.fingerprint] = self._add(name, adapter, len(added) + 1)
            self._loras[name] = added[adapter.fingerprint]

    def _add(self, name: str, adapter: Adapter, number: int) -> Any:
        from vllm.lora.request import LoRARequest

        # The name is the adapter's identity in the prefix cache, so it must change with the weights.
        lora = LoRARequest(adapter.fingerprint, number, str(adapter.folder))
        try:
            # An adapter that vLLM refuses kills its engine when a request meets it first; asked here, it only says no.
            added = self._llm.llm_engine.add_lora(lora)
        except Exception as error:
            raise InputError(
                f"vLLM refuses this adapter ({(str(error).strip() or type(error).__name__).splitlines()[-1][:300]})",
                where=f"model {name!r}",
                mend="check that it was trained on this base, or use engine kind: transformers",
            ) from error
        if not added:
            raise InputError("vLLM did not load this adapter", where=f"model {name!r}")
        return lora

    def _send(self, ask: Ask) -> str:
        number = str(next(self._numbers))
        prompt = {"prompt_token_ids": list(ask.prompt)}
        engine = self._llm.llm_engine
        engine.add_request(
            number, prompt, sampling_params(ask, self._stop_ids), lora_request=self._loras.get(ask.model)
        )
        return number

    def _step(self) -> list[Any]:
        try:
            return list(self._llm.llm_engine.step())
        except Exception as error:
            raise RunError(
                f"vLLM died ({type(error).__name__}: {reason(error)})",
                mend="run again: the run goes on where it stopped; engine.options.verbose: true shows its log",
            ) from error


def sampling_params(ask: Ask, stop_ids: Sequence[int]) -> Any:
    """vLLM's parameters for an ask."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    shared: dict[str, Any] = {"output_kind": RequestOutputKind.FINAL_ONLY, "ignore_eos": True}
    if ask.decoding is None:
        if ask.rows:
            shared |= {"prompt_logprobs": 0, "skip_reading_prefix_cache": ask.fresh, "flat_logprobs": True}
        return SamplingParams(
            max_tokens=1,
            temperature=0.0,
            logprobs=len(ask.next_ids),
            logprob_token_ids=list(ask.next_ids),
            detokenize=False,
            **shared,
        )
    decoding = ask.decoding
    return SamplingParams(
        max_tokens=decoding.max_tokens,
        temperature=decoding.temperature,
        top_p=decoding.top_p,
        top_k=decoding.top_k,
        seed=decoding.seed,
        stop=list(decoding.stop) or None,
        stop_token_ids=list(stop_ids),
        detokenize=bool(decoding.stop),
        **shared,
    )


def _read(ask: Ask, output: Any) -> Said | None:
    """What an output says to an ask; None where the prefix cache held tokens that were to be scored."""
    completion = output.outputs[0]
    new_ids = tuple(completion.token_ids)
    if ask.decoding is not None:
        return Said(new_ids)
    next_logprobs = {token: value.logprob for token, value in completion.logprobs[0].items()}
    if not ask.rows:
        return Said(new_ids, (), next_logprobs)
    if (output.num_cached_tokens or 0) >= len(ask.prompt) - ask.rows and not ask.fresh:
        return None
    # Rows are counted from the end: some model runners leave out those of cached tokens, others leave them unset.
    said = output.prompt_logprobs[-ask.rows :] if ask.rows else []
    rows = []
    for token, row in zip(ask.prompt[-ask.rows :], said, strict=True):
        value = row.get(token) if row else None
        if value is None:
            if ask.fresh:
                raise RunError("vLLM left out a log-probability that was asked for")
            return None
        rows.append((float(value.logprob), value.rank == 1))
    return Said(new_ids, tuple(rows), next_logprobs)
