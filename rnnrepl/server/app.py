"""The routes of the server, as an ASGI application: JSON in, JSON or server-sent events out."""

import json
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.server.addresses import is_loopback
from rnnrepl.server.answers import Answer
from rnnrepl.server.completions import Chunk, Completer, ServerClosingError
from rnnrepl.server.prompts import start_id, start_name
from rnnrepl.server.request import parse

MAX_BODY = 4 << 20  # bytes of a request

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    500: "server_error",
    503: "server_error",
}
_CODES = {401: "invalid_api_key", 404: "not_found"}

Handler = Callable[[Request], Awaitable[Response]]


def application(completer: Completer, token: str = "") -> Starlette:
    """Returns the application that serves a model.

    With a `token` every request needs it, as `Authorization: Bearer TOKEN`. Without, only requests
    to a name or address of this machine are answered, so that no web page can reach the server
    under a name of its own (DNS rebinding).
    """
    routes = Routes(completer)

    def guarded(handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            _authorize(request, token)
            return await handler(request)

        return answer

    paths: list[tuple[str, str, Handler]] = [
        ("POST", "/v1/completions", routes.completions),
        ("GET", "/v1/models", routes.models),
        ("GET", "/v1/models/{name:path}", routes.named_model),
        ("GET", "/tokenizer_info", routes.tokenizer_info),
        ("POST", "/tokenize", routes.tokenize),
        ("POST", "/detokenize", routes.detokenize),
    ]
    return Starlette(
        routes=[Route(path, guarded(handler), methods=[verb]) for verb, path, handler in paths],
        exception_handlers={RnnreplError: _refuse, HTTPException: _refuse, Exception: _refuse},
    )


class Routes:
    """The handlers of requests for one model."""

    def __init__(self, completer: Completer) -> None:
        self.completer, self.model = completer, completer.model
        self._created = int(time.time())

    async def models(self, request: Request) -> Response:
        """Lists the model."""
        return _json({"object": "list", "data": [self._card()]})

    async def named_model(self, request: Request) -> Response:
        """Describes the model."""
        self._check_name(request.path_params["name"])
        return _json(self._card())

    async def completions(self, request: Request) -> Response:
        """Completes prompts."""
        wanted = parse(await _body(request))
        if wanted.model is not None:
            self._check_name(wanted.model)
        prompts = await run_in_threadpool(self.completer.encode_all, wanted)
        chunks = self.completer.complete(wanted, prompts)
        answer = Answer(self.model.name, sum(prompt.count for prompt in prompts))
        if not wanted.stream:
            return _json(await run_in_threadpool(answer.whole, chunks))
        first = await run_in_threadpool(next, chunks)  # its error is the status
        events = _events(answer, first, chunks, include_usage=wanted.include_usage)
        return StreamingResponse(events, media_type="text/event-stream")

    async def tokenizer_info(self, request: Request) -> Response:
        """Names the tokens at the start and at the end of a text."""
        eos, names = self.model.tokenizer.eos, self.model.tokenizer.tokens
        end = None if eos is None else names[eos]
        return _json({"bos_token": start_name(self.model), "eos_token": end})

    async def tokenize(self, request: Request) -> Response:
        """Returns the ids of a text; the name of the start stands for its id."""
        text = (await _body(request)).get("prompt")
        if not isinstance(text, str):
            raise usage("`prompt` must be a string.")
        if text and text == start_name(self.model):
            return _json({"count": 1, "tokens": [start_id(self.model)]})
        prompt = await run_in_threadpool(self.completer.encode, text)
        return _json({"count": prompt.count, "tokens": prompt.ids})

    async def detokenize(self, request: Request) -> Response:
        """Returns the text of ids."""
        ids = (await _body(request)).get("tokens")
        if not isinstance(ids, list) or not all(type(id) is int for id in ids):
            raise usage("`tokens` must be a list of token ids.")
        prompt = await run_in_threadpool(self.completer.encode, ids)
        return _json({"prompt": prompt.text})

    def _card(self) -> dict[str, Any]:
        name, created = self.model.name, self._created
        return {"id": name, "object": "model", "created": created, "owned_by": "rnnrepl"}

    def _check_name(self, name: str) -> None:
        if name != self.model.name:
            raise HTTPException(404, f"There is no model '{name}': this is {self.model.name}.")


def _events(
    answer: Answer, first: Chunk, others: Iterator[Chunk], *, include_usage: bool
) -> Iterator[bytes]:
    """The server-sent events of a stream; an error that ends it is one of them."""
    try:
        yield _event(answer.part(first))
        for chunk in others:
            yield _event(answer.part(chunk))
        if include_usage:
            yield _event(answer.usage_part())
    except RnnreplError as error:
        yield _event(_error(_status(error), str(error)))
    yield b"data: [DONE]\n\n"


def _authorize(request: Request, token: str) -> None:
    """Raises HTTPException for a request without the token, or to a name of another machine."""
    if not token:
        if not is_loopback(request.url.hostname or ""):
            raise HTTPException(403, "The server answers to 127.0.0.1 only: it has no --token.")
        return
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    correct = secrets.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not correct:
        raise HTTPException(
            401, "The bearer token is missing or wrong.", {"WWW-Authenticate": "Bearer"}
        )


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object of a request; raises HTTPException for a body that is too large."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise HTTPException(413, f"The request is larger than {MAX_BODY >> 20} MiB.")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise usage("The request is not valid JSON.") from error
    if not isinstance(value, dict):
        raise usage("The request must be a JSON object.")
    return value


def _refuse(request: Request, error: Exception) -> Response:
    """The answer to a request that failed, in OpenAI's form."""
    if isinstance(error, HTTPException):
        headers = dict(error.headers or {})
        if error.status_code == 413:
            headers["Connection"] = "close"  # the rest of the body is not read
        return _json(_error(error.status_code, error.detail), error.status_code, headers)
    if isinstance(error, RnnreplError):
        return _json(_error(_status(error), str(error)), _status(error))
    return _json(_error(500, "The server failed; its terminal shows the error."), 500)


def _status(error: RnnreplError) -> int:
    return 503 if isinstance(error, ServerClosingError) else 400


def _error(status: int, message: str) -> dict[str, Any]:
    kind = _TYPES.get(status, "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": _CODES.get(status)}}


def _event(value: Any) -> bytes:
    return b"data: " + _encode(value) + b"\n\n"


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(_encode(value), status, headers, media_type="application/json")


def _encode(value: Any) -> bytes:
    return json.dumps(value).encode("ascii")  # ASCII, as a text may have a lone surrogate
