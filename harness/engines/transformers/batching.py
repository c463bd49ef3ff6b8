"""Which requests share a batch. A pure function of the requests, so that a resumed run forms the same batches."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from harness.records import Decoding, Kind, Request


@dataclass(frozen=True)
class Batch:
    """Requests to one model that run as one forward pass or one generation."""

    model: str
    kind: Kind
    requests: tuple[Request, ...]

    def halves(self) -> tuple["Batch", "Batch"]:
        """The batch split in two, for when it did not fit into memory."""
        middle = len(self.requests) // 2
        return replace(self, requests=self.requests[:middle]), replace(self, requests=self.requests[middle:])


def plan_batches(requests: Sequence[Request], cost: Callable[[Request], tuple[int, int]], budget: int) -> list[Batch]:
    """Group requests by model, kind and decoding; sort by length; cut where the padded tokens pass the budget.

    Args:
        requests: All requests of a run.
        cost: Rows and tokens per row that a request adds to a batch.
        budget: Most padded tokens (rows times longest row) of a batch; a larger single request stands alone.
    """
    groups: dict[tuple[str, Kind, Decoding | None], list[Request]] = {}
    for request in dict.fromkeys(requests):
        # The seed is a request's own; all other decoding settings are shared by a batch.
        decoding = replace(request.decoding, seed=None) if request.decoding else None
        groups.setdefault((request.model, request.kind, decoding), []).append(request)
    return [
        Batch(model, kind, members)
        for (model, kind, _), group in groups.items()
        for members in _cut([(request, *cost(request)) for request in group], budget)
    ]


def _cut(group: list[tuple[Request, int, int]], budget: int) -> Iterator[tuple[Request, ...]]:
    batch: list[Request] = []
    rows, longest = 0, 0
    for request, more, length in sorted(group, key=lambda costed: costed[2], reverse=True):
        if batch and (rows + more) * max(longest, length) > budget:
            yield tuple(batch)
            batch, rows, longest = [], 0, 0
        batch.append(request)
        rows, longest = rows + more, max(longest, length)
    if batch:
        yield tuple(batch)
