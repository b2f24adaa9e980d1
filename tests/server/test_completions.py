"""Completions: equal to what the model generates and scores, whole and as a stream."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from rnnrepl.sampling import Sampling
from rnnrepl.server.prompts import START, start_id
from tests import tiny


def events(client, **body):
    """The objects of a stream, which must end with [DONE]."""
    with client.stream("POST", "/v1/completions", json=body | {"stream": True}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in answer.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


def logprobs(answer):
    return answer["choices"][0]["logprobs"]


def joined(choices, key):
    """One of the lists of the log-probabilities, over all parts of a choice."""
    return [value for choice in choices for value in choice["logprobs"][key]]


def test_a_completion_is_what_the_model_generates(model, complete):
    answer = complete(prompt="the cat", max_tokens=8, seed=5, temperature=0.7, top_p=0.9)
    sampling = Sampling(temperature=0.7, top_p=0.9)
    sample = model.generate("the cat", length=8, seed=5, sampling=sampling)
    (choice,) = answer["choices"]
    assert choice["text"] == sample.text
    assert answer["object"] == "text_completion" and answer["model"] == "tiny"
    assert answer["usage"] == {
        "prompt_tokens": 2,
        "completion_tokens": len(sample.tokens),
        "total_tokens": 2 + len(sample.tokens),
    }


def test_several_prompts_have_n_choices_each_with_the_next_seeds(model, complete):
    answer = complete(prompt=["the cat", "the dog"], n=2, max_tokens=5, seed=7)
    expected = [
        model.generate(prompt, length=5, seed=seed, sampling=Sampling(temperature=1)).text
        for prompt in ("the cat", "the dog")
        for seed in (7, 8)
    ]
    assert [choice["text"] for choice in answer["choices"]] == expected
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2, 3]


@pytest.mark.parametrize("kind", ["char", "word", "bytes"])
def test_ids_are_continued_as_their_text(tmp_path, serve, kind):
    model = tiny.model(tmp_path / kind, kind, **({"min_count": 1} if kind == "word" else {}))
    client = serve(model)
    body = {"max_tokens": 12, "seed": 3, "echo": True}
    ids = model.tokenizer.ids("the cat").tolist()
    texts = [
        client.post("/v1/completions", json=body | {"prompt": prompt}).json()["choices"][0]["text"]
        for prompt in ("the cat", ids, [start_id(model), *ids])
    ]
    assert texts[0].startswith("the cat") and len(set(texts)) == 1


def test_the_log_probabilities_of_a_prompt_are_those_of_score(model, complete):
    text = "the cat sat on the mat"
    answer = complete(prompt=text, max_tokens=0, echo=True, logprobs=3)
    score = model.score(text, unit="nats", eos=False, top=3)
    shown = logprobs(answer)
    assert answer["choices"][0]["text"] == text
    assert shown["text_offset"] == [token.start for token in score.tokens]
    assert shown["token_logprobs"] == pytest.approx([-t.surprisal for t in score.tokens], abs=1e-6)
    for token, name, top in zip(score.tokens, shown["tokens"], shown["top_logprobs"], strict=True):
        best = sorted(top.values(), reverse=True)[:3]
        assert best == pytest.approx([-a.surprisal for a in token.top], abs=1e-6)
        assert top[name] == pytest.approx(-token.surprisal, abs=1e-6)


def test_a_first_token_that_the_model_does_not_predict_has_null(tmp_path, serve):
    client = serve(tiny.model(tmp_path / "model", start="none"))
    body = {"prompt": "the", "max_tokens": 0, "echo": True, "logprobs": 1}
    shown = logprobs(client.post("/v1/completions", json=body).json())
    assert shown["token_logprobs"][0] is None and shown["top_logprobs"][0] is None
    assert None not in shown["token_logprobs"][1:]
    refused = client.post("/v1/completions", json={"prompt": ""})
    assert refused.status_code == 400 and "first token" in refused.json()["error"]["message"]


def test_the_id_of_the_start_has_null_and_the_first_token_its_log_probability(model, complete):
    ids = model.tokenizer.ids("the cat").tolist()
    body = {"max_tokens": 0, "echo": True, "logprobs": 0}
    plain = logprobs(complete(prompt=ids, **body))
    started = logprobs(complete(prompt=[start_id(model), *ids], **body))
    assert started["tokens"] == [START, *plain["tokens"]]
    assert started["token_logprobs"] == [None, *plain["token_logprobs"]]


def test_generated_tokens_have_the_log_probabilities_of_the_raw_model(model, complete):
    answer = complete(prompt="the cat", max_tokens=9, seed=2, temperature=0.5, logprobs=2)
    sample = model.generate("the cat", length=9, seed=2, sampling=Sampling(temperature=0.5))
    shown = logprobs(answer)
    assert shown["tokens"] == [token.text for token in sample.tokens]
    assert shown["token_logprobs"] == pytest.approx([t.logprob for t in sample.tokens], abs=1e-5)
    text, offsets = answer["choices"][0]["text"], [*shown["text_offset"], None]
    parts = [text[start:end].strip() for start, end in pairwise(offsets)]
    assert parts == [name if name in text else "" for name in map(str.strip, shown["tokens"])]


def test_the_likeliest_token_equals_its_alternative_exactly(complete):
    shown = logprobs(complete(prompt="the cat", max_tokens=5, temperature=0, logprobs=2))
    for own, top in zip(shown["token_logprobs"], shown["top_logprobs"], strict=True):
        assert own in top.values()


def test_a_stop_text_ends_the_completion(model, complete):
    whole = complete(prompt="the", max_tokens=30, seed=1, temperature=0.5)["choices"][0]["text"]
    stop = whole[6:9]
    answer = complete(prompt="the", max_tokens=30, seed=1, temperature=0.5, stop=stop, logprobs=0)
    (choice,) = answer["choices"]
    assert choice["text"] == whole[: whole.index(stop)] and choice["finish_reason"] == "stop"
    assert max(choice["logprobs"]["text_offset"]) <= len(choice["text"])
    assert len(choice["logprobs"]["tokens"]) == answer["usage"]["completion_tokens"]


@pytest.mark.parametrize("stop", [None, "at", ["dog", "e c"]])
def test_a_stream_adds_up_to_the_whole(model, serve, stop):
    client = serve(model)
    body = {"prompt": ["the", "the cat"], "n": 2, "max_tokens": 20, "seed": 4, "stop": stop}
    body |= {"echo": True, "logprobs": 2}
    whole = client.post("/v1/completions", json=body).json()
    parts = events(client, **body, stream_options={"include_usage": True})
    assert parts[-1]["usage"] == whole["usage"] and parts[-1]["choices"] == []
    for expected in whole["choices"]:
        own = [c for part in parts for c in part["choices"] if c["index"] == expected["index"]]
        assert "".join(choice["text"] for choice in own) == expected["text"]
        assert [c["finish_reason"] for c in own if c["finish_reason"]] == [
            expected["finish_reason"]
        ]
        for key in ("tokens", "text_offset"):
            assert joined(own, key) == expected["logprobs"][key]
        values = joined(own, "token_logprobs")
        assert values == pytest.approx(expected["logprobs"]["token_logprobs"], abs=1e-5)


def test_a_stream_comes_in_pieces(model, serve):
    parts = events(serve(model), prompt="the", max_tokens=10, seed=1)
    assert len([part for part in parts if part["choices"][0]["text"]]) > 3


def test_requests_at_the_same_time_get_what_each_gets_alone(model, serve):
    client = serve(model)

    def ask(seed):
        body = {"prompt": f"the {'cat' if seed % 2 else 'dog'}", "seed": seed, "max_tokens": 20}
        return client.post("/v1/completions", json=body).json()["choices"][0]["text"]

    alone = list(map(ask, range(12)))
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(ask, range(12))) == alone
