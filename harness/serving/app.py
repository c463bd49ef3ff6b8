"""The HTTP service: routes, and errors as one line. Everything that answers lies in `Service`."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from harness.records import Decoding, HarnessError, nearest
from harness.serving import wire
from harness.serving.bodies import ChatBody, CompletionBody, GenerateBody
from harness.serving.body_limit import BodyLimit
from harness.serving.models import BASE
from harness.serving.refusals import Busy, Refused
from harness.serving.service import Asked, Reply, Service, TokenIds

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
    async def generate(body: GenerateBody) -> dict[str, Any]:
        return wire.generated(body.model_id, await _ask(service, body.model_id, body.prompt, body.decoding()))


def _add_openai_routes(app: FastAPI, service: Service) -> None:
    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        entries = [
            {"id": name, "object": "model", "created": 0, "owned_by": "harness", "root": own}
            for name, own in service.names.items()
        ]
        return {"object": "list", "data": entries}

    @app.post("/v1/completions", response_model=None)
    async def completions(body: CompletionBody) -> dict[str, Any] | StreamingResponse:
        prompt = body.prompt if isinstance(body.prompt, str) else TokenIds(tuple(body.prompt))
        reply = await _ask(service, body.model, prompt, body.decoding())
        if not body.stream:
            return wire.completion(body.model, reply)
        with_usage = body.stream_options is not None and body.stream_options.include_usage
        return _stream(wire.completion_events(body.model, reply, with_usage=with_usage))

    @app.post("/v1/chat/completions", response_model=None)
    async def chat_completions(body: ChatBody) -> dict[str, Any] | StreamingResponse:
        reply = await _ask(service, body.model, body.turns(), body.decoding(service.limits.tokens))
        if not body.stream:
            return wire.chat_completion(body.model, reply)
        with_usage = body.stream_options is not None and body.stream_options.include_usage
        return _stream(wire.chat_events(body.model, reply, with_usage=with_usage))


async def _ask(service: Service, model: str, asked: Asked, decoding: Decoding) -> Reply:
    return await asyncio.wrap_future(service.ask(model, asked, decoding))


def _stream(events: Any) -> StreamingResponse:
    return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _say_errors_in_one_line(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return _error(422, _invalid(request.url.path, error.errors()[0]))

    @app.exception_handler(HarnessError)
    async def refused(request: Request, error: HarnessError) -> JSONResponse:
        status = error.status if isinstance(error, Refused) else 500
        headers = {"Retry-After": str(error.wait)} if isinstance(error, Busy) else None
        return _error(status, str(error), headers)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        return _error(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> JSONResponse:
        return _error(500, f"the service broke ({type(error).__name__}); its log says more")


def _error(status: int, line: str, headers: Any = None) -> JSONResponse:
    return JSONResponse(wire.error_body(status, " ".join(line.split())), status, headers=headers)


def _invalid(path: str, first: Any) -> str:
    """One line for the first thing that is wrong in a body."""
    # A union adds the names of its branches to the location, which say nothing to a client.
    steps = [step for step in first["loc"][1:] if isinstance(step, int) or str(step).isidentifier()]
    key = ".".join(str(step)[:100] for step in steps)
    if first["type"] == "json_invalid":
        return "the body is not JSON"
    if first["type"] == "extra_forbidden":
        known = list(_BODIES[path].model_fields) if len(steps) == 1 and path in _BODIES else []
        return f"unknown key {key!r}" + (f"; {nearest(str(steps[-1])[:100], known)}" if known else "")
    if first["type"] == "missing":
        return f"{key!r} is missing" if key else "there is no JSON body (Content-Type: application/json)"
    message = str(first["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    return f"{key!r}: {message}" if key else message
