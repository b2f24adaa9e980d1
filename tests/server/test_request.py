"""Requests: OpenAI's defaults, and refusals that name the parameter."""

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.server.request import parse


def test_the_defaults_are_those_of_openai():
    request = parse({})
    assert (list(request.prompts), request.max_tokens, request.n) == ([""], 16, 1)
    assert (request.sampling.temperature, request.sampling.top_p) == (1.0, 1.0)
    assert (request.logprobs, request.echo, request.stream, request.stop) == (
        None,
        False,
        False,
        (),
    )


def test_null_is_the_default():
    fields = ("max_tokens", "temperature", "top_p", "n", "seed", "stop", "echo", "logprobs", "user")
    assert parse(dict.fromkeys(fields)) == parse({})


@pytest.mark.parametrize(
    ("prompt", "prompts"),
    [
        ("a", ["a"]),
        (["a", "b"], ["a", "b"]),
        ([1, 2], [[1, 2]]),
        ([[1, 2], [3]], [[1, 2], [3]]),
    ],
)
def test_prompts_are_texts_or_ids_one_or_several(prompt, prompts):
    assert parse({"prompt": prompt}).prompts == prompts


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "must be a JSON object"),
        ({"prompt": {}}, "`prompt` must be"),
        ({"prompt": [1, "a"]}, "`prompt` must be"),
        ({"prompt": [True]}, "`prompt` must be"),
        ({"max_tokens": -1}, "`max_tokens` must be at least 0"),
        ({"max_tokens": 1.5}, "`max_tokens` must be an integer"),
        ({"max_tokens": True}, "`max_tokens` must be an integer"),
        ({"temperature": "hot"}, "`temperature` must be a number"),
        ({"temperature": float("nan")}, "`temperature` must be"),
        ({"temperature": 10**400}, "`temperature` must be"),
        ({"top_p": 2}, "`top_p` must be at most 1"),
        ({"n": 0}, "`n` must be at least 1"),
        ({"n": 129}, "`n` must be at most 128"),
        ({"best_of": 2}, "`best_of` is supported only"),
        ({"seed": -1}, "`seed` must be at least 0"),
        ({"stop": 1}, "`stop` must be a string"),
        ({"stop": list("abcde")}, "at most 4"),
        ({"logprobs": 101}, "`logprobs` must be at most 100"),
        ({"logprobs": True}, "`logprobs` must be an integer"),
        ({"echo": 1}, "`echo` must be true or false"),
        ({"suffix": "end"}, "`suffix` is not supported"),
        ({"presence_penalty": 1}, "`presence_penalty` is not supported"),
        ({"model": 1}, "`model` must be a string"),
        ({"max_token": 1}, "Did you mean 'max_tokens'"),
    ],
)
def test_what_is_not_allowed_is_named(body, message):
    with pytest.raises(RnnreplError) as error:
        parse(body)
    assert message in str(error.value)
