"""A client of a server in the same process, without a socket."""

import pytest

from rnnrepl.server.completions import Completer
from tests import tiny


@pytest.fixture
def model(tmp_path):
    return tiny.model(tmp_path / "tiny", "word", min_count=1)


@pytest.fixture
def serve():
    """Makes a client; the arguments are those of `Completer` and `application`."""
    pytest.importorskip("starlette")
    pytest.importorskip("httpx2")
    from starlette.testclient import TestClient

    from rnnrepl.server.app import application

    clients = []

    def serve(model, *, max_tokens=1000, token=""):
        app = application(Completer(model, max_tokens), token)
        client = TestClient(app, "http://127.0.0.1:8000", raise_server_exceptions=False)
        clients.append(client.__enter__())
        return client

    yield serve
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def complete(model, serve):
    """Posts a request for completions, which must succeed; returns the answer."""
    client = serve(model)

    def complete(**body):
        answer = client.post("/v1/completions", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return complete
