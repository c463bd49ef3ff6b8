"""The HTTP service: routes, and errors as one line. Everything that answers lies in `Service`."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from harness.records import HarnessError
from harness.records.documents import explain_fault, first_fault
from harness.serving import wire
from harness.serving.bodies import ChatBody, CompletionBody, GenerateBody
from harness.serving.body_limit import BodyLimit
from harness.serving.models import BASE
from harness.serving.pieces import Pieces
from harness.serving.refusals import Busy, Refused
from harness.serving.service import Reply, Service, TokenIds

_T = TypeVar("_T")
_BODIES: dict[str, type[BaseModel]] = {
    "/api/v1/generate": GenerateBody,
    "/v1/completions": CompletionBody,
    "/v1/chat/completions": ChatBody,
}


def make_app(service: Service, hosts: Sequence[str] = ("*",)) -> FastAPI:
    """The application. It closes the service when it is shut down.

    Args:
        service: What answers.
        hosts: Names under which it may be called. A service on the local machine names them, so that a web page
            whose name was pointed at this machine (DNS rebinding) is refused.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(service.close)

    # The pages of documentation would load scripts from elsewhere; openapi.json says the same.
    app = FastAPI(title="harness serve", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_middleware(BodyLimit, limits=service.limits)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    _say_errors_in_one_line(app)
    _add_own_routes(app, service)
    _add_openai_routes(app, service)
    return app


def _add_own_routes(app: FastAPI, service: Service) -> None:
    @app.get("/health")
    async def health() -> JSONResponse:
        return JSONResponse({"status": "ok" if service.alive else "closing"}, 200 if service.alive else 503)

    @app.get("/api/v1/models")
    async def models() -> dict[str, Any]:
        limits = {"context": service.context, "max_tokens": service.limits.tokens}
        return {"models": [{"model_id": name, "is_base": own == BASE} for name, own in service.names.items()], **limits}

    @app.post("/api/v1/generate")
    async def generate(body: GenerateBody, request: Request) -> dict[str, Any]:
        pieces = Pieces(service, body.model_id, body.prompt, body.decoding(), streamed=False)
        return wire.generated(body.model_id, await _whole(request, pieces))


def _add_openai_routes(app: FastAPI, service: Service) -> None:
    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        entries = [
            {"id": name, "object": "model", "created": 0, "owned_by": "harness", "root": own}
            for name, own in service.names.items()
        ]
        return {"object": "list", "data": entries}

    @app.post("/v1/completions", response_model=None)
    async def completions(body: CompletionBody, request: Request) -> dict[str, Any] | StreamingResponse:
        prompt = body.prompt if isinstance(body.prompt, str) else TokenIds(tuple(body.prompt))
        pieces = Pieces(service, body.model, prompt, body.decoding(), streamed=body.stream)
        head = wire.completion_head(body, pieces.seed)
        if not body.stream:
            return wire.completion(head, await _whole(request, pieces))
        await _unless_gone(request, pieces, pieces.begin())
        return _Stream(pieces, wire.completion_events(head, pieces, with_usage=body.with_usage))

    @app.post("/v1/chat/completions", response_model=None)
    async def chat_completions(body: ChatBody, request: Request) -> dict[str, Any] | StreamingResponse:
        decoding = body.decoding(service.limits.tokens)
        pieces = Pieces(service, body.model, body.turns(), decoding, streamed=body.stream)
        head = wire.chat_head(body, pieces.seed)
        if not body.stream:
            return wire.chat_completion(head, await _whole(request, pieces))
        await _unless_gone(request, pieces, pieces.begin())
        return _Stream(pieces, wire.chat_events(head, pieces, with_usage=body.with_usage))


class _Stream(StreamingResponse):
    """Events until the answer ends or the client goes away, whichever is first."""

    def __init__(self, pieces: Pieces, events: AsyncIterator[str]) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._pieces.drop()


async def _whole(request: Request, pieces: Pieces) -> Reply:
    return await _unless_gone(request, pieces, pieces.whole())


async def _unless_gone(request: Request, pieces: Pieces, wanted: Coroutine[Any, Any, _T]) -> _T:
    """What is waited for; a client that goes away takes its request with it."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    waiting, leaving = asyncio.create_task(wanted), asyncio.create_task(gone())
    try:
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise ClientDisconnect
        return waiting.result()
    finally:
        leaving.cancel()
        if not waiting.done():
            waiting.cancel()
            pieces.drop()


def _say_errors_in_one_line(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return _error(422, _invalid(request.url.path, error.errors()))

    @app.exception_handler(HarnessError)
    async def refused(request: Request, error: HarnessError) -> JSONResponse:
        status = error.status if isinstance(error, Refused) else 500
        headers = {"Retry-After": str(error.wait)} if isinstance(error, Busy) else None
        return _error(status, str(error), headers)

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=499)  # nobody reads it

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        return _error(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> JSONResponse:
        return _error(500, f"the service broke ({type(error).__name__}); its log says more")


def _error(status: int, line: str, headers: Any = None) -> JSONResponse:
    return JSONResponse(wire.error_body(status, " ".join(line.split())), status, headers=headers)


def _invalid(path: str, errors: Sequence[Any]) -> str:
    """One line for the first thing that is wrong in a body, as a suite is told it."""
    first = first_fault(errors)
    # A union adds the names of its branches to the location, which say nothing to a client.
    steps = [step for step in first["loc"][1:] if isinstance(step, int) or str(step).isidentifier()]
    if first["type"] == "json_invalid":
        return "the body is not JSON"
    if not steps and (first["type"] == "missing" or isinstance(first["input"], bytes)):
        return "there is no JSON body (Content-Type: application/json)"
    dotted = ".".join(str(step)[:100] for step in steps)
    return str(explain_fault(first, _BODIES[path], dotted))
