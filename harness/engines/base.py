"""The contract of an engine: where text and log-likelihoods come from."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from harness.records import Answer, Request


class EngineSettings(BaseModel):
    """The ``engine:`` section of a suite. An engine refuses settings that it cannot honour."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field("auto", description="auto, transformers, vllm, server or replay")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    batch_tokens: int = Field(16384, gt=0, description="padded tokens of one batch (transformers)")
    max_model_len: int | None = Field(None, gt=0)
    options: dict[str, Any] = Field({}, description="settings of one engine alone, named in its documentation")


#: One batch's worth of answers, each with its request: the unit in which answers are saved.
Answered = list[tuple[Request, Answer]]


@dataclass(frozen=True)
class Audience:
    """Who waits for a text while it is made. Both are called from the thread that the engine works in.

    Attributes:
        waits: Whether anybody still does; where nobody does, the text may end anywhere.
        hears: Is given the text so far, as far as later tokens cannot change it; None where only the whole is wanted.
    """

    waits: Callable[[], bool]
    hears: Callable[[str], None] | None = None


class Engine(ABC):
    """Holds one base model and any number of adapters; every request names its model.

    A context manager: ``close`` frees what it holds.
    """

    name: str

    @abstractmethod
    def answer(self, requests: Sequence[Request], known: Container[Request] = ()) -> Iterator[Answered]:
        """Answer requests in any order, yielding each batch as soon as it is done; none is ever lost.

        Batches are planned from *all* requests and those whose answers are all ``known`` are passed over. So a run
        that was killed forms the same batches when it goes on, and floating-point sums come out the same.

        Raises:
            InputError: a request cannot be answered (its prompt is longer than the model's context).
            RunError: the engine broke.
        """

    def stream(self, requests: Sequence[Request], audiences: Mapping[Request, Audience]) -> Iterator[Answered]:
        """As `answer`, and those who wait hear each text while it is made.

        An engine that cannot say how far it has come gives whole texts only, which is what happens here.
        """
        return self.answer(requests)

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """What ran, for the manifest: engine and library versions, dtype, device, settings, policy per model."""

    def close(self) -> None:
        """Free what the engine holds. May be called twice."""
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
