"""The routes: models, tokens, limits, permission, and errors in OpenAI's form."""

import pytest

pytest.importorskip("starlette")

from rnnrepl.server import app
from rnnrepl.server.completions import Completer, ServerClosingError


def refused(answer, status):
    """The error of an answer with this status."""
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    return error


def test_the_model_is_listed_and_described(model, serve):
    client = serve(model)
    (card,) = client.get("/v1/models").json()["data"]
    assert (card["id"], card["object"]) == ("tiny", "model")
    assert client.get("/v1/models/tiny").json() == card


def test_another_model_is_refused(model, serve):
    client = serve(model)
    answers = [
        client.get("/v1/models/other"),
        client.post("/v1/completions", json={"model": "other"}),
    ]
    for answer in answers:
        assert "no model 'other'" in refused(answer, 404)["message"]


def test_unknown_paths_and_methods_are_refused_in_json(model, serve):
    client = serve(model)
    refused(client.get("/v1/chat"), 404)
    refused(client.get("/v1/completions"), 405)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b"[1]"])
def test_what_is_not_a_json_object_is_refused(model, serve, body):
    refused(serve(model).post("/v1/completions", content=body), 400)


@pytest.mark.parametrize("stream", [False, True])
def test_an_invalid_request_is_refused_before_the_answer_begins(model, serve, stream):
    body = {"prompt": [[999_999]], "stream": stream}
    error = refused(serve(model).post("/v1/completions", json=body), 400)
    assert error["type"] == "invalid_request_error" and "`prompt`" in error["message"]


def test_a_request_of_too_many_tokens_is_refused(model, serve):
    client = serve(model, max_tokens=20)
    body = {"prompt": "the cat", "max_tokens": 9, "n": 2}
    assert client.post("/v1/completions", json=body).status_code == 200
    error = refused(client.post("/v1/completions", json=body | {"max_tokens": 10}), 400)
    assert "22 tokens" in error["message"] and "20" in error["message"]


def test_a_large_body_is_refused(model, serve, monkeypatch):
    monkeypatch.setattr(app, "MAX_BODY", 1000)
    refused(serve(model).post("/v1/completions", json={"prompt": "a" * 1000}), 413)


def test_with_a_token_every_request_needs_it(model, serve):
    client = serve(model, token="secret")
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic secret"}):
        for path in ("/v1/models", "/tokenizer_info"):
            error = refused(client.get(path, headers=headers), 401)
            assert error["code"] == "invalid_api_key"
    assert client.get("/v1/models", headers={"Authorization": "Bearer secret"}).status_code == 200


@pytest.mark.parametrize("host", ["example.com", "10.0.0.1", "localhost.example.com"])
def test_without_a_token_other_names_are_refused(model, serve, host):
    client = serve(model)
    refused(client.get("/v1/models", headers={"Host": host}), 403)
    assert client.get("/v1/models", headers={"Host": "localhost:80"}).status_code == 200


def test_tokens_and_text(model, serve):
    client = serve(model)
    ids = client.post("/tokenize", json={"prompt": "the cat"}).json()["tokens"]
    assert ids == model.tokenizer.ids("the cat").tolist()
    assert client.post("/detokenize", json={"tokens": ids}).json()["prompt"] == "the cat"
    start = client.get("/tokenizer_info").json()["bos_token"]
    (id,) = client.post("/tokenize", json={"prompt": start}).json()["tokens"]
    assert id == model.begin().id
    refused(client.post("/tokenize", json={}), 400)
    refused(client.post("/detokenize", json={"tokens": ["a"]}), 400)


def test_a_bug_is_answered_in_json(model, serve, monkeypatch):
    monkeypatch.setattr(Completer, "encode", lambda self, prompt: 1 / 0)
    error = refused(serve(model).post("/v1/completions", json={}), 500)
    assert error["type"] == "server_error"


def test_a_request_ends_when_the_server_does(model, serve):
    completer = Completer(model, 10**9)
    chunks = completer.complete(app.parse({"max_tokens": 10**8}), [completer.encode("the")])
    next(chunks)
    completer.closing.set()
    with pytest.raises(ServerClosingError, match="shutting down"):
        list(chunks)
