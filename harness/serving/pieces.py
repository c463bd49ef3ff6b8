"""One answer on its way to a client: its pieces as they come, for an event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from harness.engines import Audience
from harness.records import Decoding
from harness.serving.service import Asked, Reply, Service, seeded


class Pieces:
    """An answer that was asked for, from within a running event loop. An engine that tells nothing gives one piece.

    Args:
        streamed: Whether its pieces are wanted; else it comes whole.

    Raises:
        Refused: see `Service.ask`.
    """

    def __init__(self, service: Service, model: str, asked: Asked, decoding: Decoding, *, streamed: bool) -> None:
        self._loop = asyncio.get_running_loop()
        self._come: asyncio.Queue[str | None] = asyncio.Queue()
        self._first: str | None = None
        self._heard, self._wanted = 0, True
        decoding = seeded(decoding)
        #: What it is sampled with; None for a greedy one.
        self.seed = decoding.seed if decoding.temperature > 0 else None
        audience = Audience(lambda: self._wanted, self._hear if streamed else None)
        self._reply = service.ask(model, asked, decoding, audience)
        self._reply.add_done_callback(lambda _: self._put(None))

    async def whole(self) -> Reply:
        """The finished answer.

        Raises:
            Refused, RunError: there is none.
        """
        return await asyncio.wrap_future(self._reply)

    async def begin(self) -> None:
        """Wait for the first piece; to be called before the pieces are taken.

        Raises:
            Refused, RunError: there will be none.
        """
        self._first = await self._come.get()
        if self._first is None:
            await self.whole()

    async def __aiter__(self) -> AsyncIterator[str]:
        sent, piece = 0, self._first
        while piece is not None:
            sent += len(piece)
            yield piece
            piece = await self._come.get()
        if rest := (await self.whole()).generation.text[sent:]:
            yield rest

    def drop(self) -> None:
        """Nobody waits any more: what has not begun never will, what is under way ends."""
        self._wanted = False
        self._reply.cancel()

    def _hear(self, text: str) -> None:
        # A request that broke its batch is asked again alone, and begins anew.
        if piece := text[self._heard :]:
            self._heard = len(text)
            self._put(piece)

    def _put(self, piece: str | None) -> None:
        # In a loop that has ended nobody waits.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._come.put_nowait, piece)
