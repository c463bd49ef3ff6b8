"""ASGI middleware: no more of a request's body is read than the limit allows, and for no longer."""

import asyncio

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.serving.limits import Limits
from harness.serving.wire import error_body


class BodyLimit:
    """Reads each body whole before the service sees any of it, and answers 413 or 408 instead of reading on."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                body = await self._read(receive)
        except TimeoutError:
            await _say(408, "the body did not arrive in time")(scope, receive, send)
            return
        if body is None:
            await _say(413, f"the body is larger than {self._limits.body} bytes")(scope, receive, send)
            return
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, replay, send)

    async def _read(self, receive: Receive) -> bytes | None:
        """The body; None as soon as it is larger than the limit."""
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > self._limits.body:
                return None
            if not message.get("more_body", False):
                return bytes(body)


def _say(status: int, line: str) -> JSONResponse:
    return JSONResponse(error_body(status, line), status, headers={"Connection": "close"})
