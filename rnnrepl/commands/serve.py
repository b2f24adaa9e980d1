"""`serve`: answers requests of programs over HTTP."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import Device, Float64, ModelName, Session
from rnnrepl.errors import not_installed, usage
from rnnrepl.grammar import Kind, command
from rnnrepl.ranges import Range
from rnnrepl.results.session import Notice


@command()
def serve(
    session: Session,
    *,
    model: ModelName = None,
    host: Annotated[str, "address to listen at"] = "127.0.0.1",
    port: Annotated[int, "port to listen at; 0 is a free one", Range(0, 65_535)] = 8000,
    token: Annotated[str, "bearer token that requests need", Kind.SECRET] = "",
    max_tokens: Annotated[
        int, "maximum tokens of a request, read and generated", Range(1, 10_000_000)
    ] = 65_536,
    device: Device = "cpu",
    float64: Float64 = False,
) -> Iterator[Notice]:
    """Serve a model through OpenAI's completions interface.

    Programs that use it, such as the openai package and lm-evaluation-harness, get completions
    and log-probabilities from http://127.0.0.1:8000/v1. Ctrl-C ends the server. An address that
    other machines can reach needs a --token. docs/serving.md describes the interface.

    Examples:
        serve
        serve --model shakespeare-word --port 8080
    """
    if session.interface == "prompt":
        raise usage("serve runs in the shell: rnnrepl serve.")
    try:
        from rnnrepl.server.run import run
    except ImportError as error:
        raise not_installed("serve", str(error.name), "serve") from error
    from rnnrepl.server.addresses import check_host, is_loopback, listen, url
    from rnnrepl.server.completions import Completer

    if not (token.isascii() and token.isprintable() and token == token.strip()):
        raise usage("--token must be printable ASCII characters: it is sent in a header of HTTP.")
    check_host(host)
    if not token and not is_loopback(host):
        raise usage(f"Other machines can reach {host}: give a --token.")
    completer = Completer(session.use(model, device, float64=float64), max_tokens)
    listening = listen(host, port)
    yield Notice(f"{completer.model.name} is served at {url(listening)}; Ctrl-C ends it.")
    run(completer, token, listening)
