import json
from dataclasses import replace
from io import StringIO
from math import inf, nan

from rnnrepl.render import Screen, json_lines
from rnnrepl.results import Piece, Sample, SampledToken
from rnnrepl.scoring.words import group
from rnnrepl.training.runs.events import RunEnded
from tests.render.records import score


def written(records, format):
    stdout = StringIO()
    Screen(stdout=stdout).show(records, format)
    return stdout.getvalue()


def test_a_score_is_one_object_a_line_with_the_fields_of_the_contract():
    text = written([score("ab", [0.1, 0.2], top=[("c", 1.5)]), score("", [])], "json")
    first, second = map(json.loads, text.splitlines())
    assert " ".join(first) == (
        "text model unit start eos carry tokens total count unk perplexity"
        " perplexity_without_unk bits_per_char bits_per_byte words perplexity_per_word"
    )
    assert " ".join(first["tokens"][0]) == "text start end id unk surprisal rank entropy top"
    assert first["tokens"][0]["top"] == [{"text": "c", "surprisal": 1.5}]
    assert second["tokens"] == [] and second["perplexity"] is None


def test_json_rounds_nothing():
    third = 1 / 3
    assert json.loads(written([score("a", [third])], "json"))["total"] == third


def test_json_writes_letters_as_they_are_and_lone_surrogates_escaped():
    text = written([score("한\ud800", [1.0, 1.0])], "json")
    assert '"한\\ud800"' in text
    assert text.encode() and json.loads(text)["text"] == "한\ud800"


def test_what_is_not_finite_is_null():
    ended = RunEnded("run", "done", 1, 1.0, 1.0, nan, inf, -inf)
    assert "NaN" not in written([ended], "json")
    assert json.loads(written([ended], "json"))["perplexity"] is None


def test_a_generated_text_is_json_only_when_it_is_whole():
    sample = Sample("a", "b", 1, {"top_k": 0}, (SampledToken("b", 2, -1.0, -0.5),), "length")
    lines = written([Piece("a", prompt=True), Piece("b"), sample], "json").splitlines()
    assert json.loads(lines[0]) == {
        "prompt": "a",
        "text": "b",
        "seed": 1,
        "settings": {"top_k": 0},
        "tokens": [{"text": "b", "id": 2, "logprob": -1.0, "sampled_logprob": -0.5}],
        "stopped": "length",
        "logprob": 0.0,
    }
    assert len(lines) == 1


def test_what_was_not_asked_for_is_not_written():
    one = score("a", [1.0])
    assert "spans" not in json.loads(written([one], "json"))
    found = json.loads(written([group(one, "word", [(0, 1)])], "json"))
    assert found["by"] == "word"
    assert found["spans"] == [
        {"text": "a", "start": 0, "end": 1, "first": 1, "count": 1, "unk": 0, "surprisal": 1.0}
    ]


def test_a_long_score_is_written_part_by_part_and_is_the_same_object(monkeypatch):
    one = replace(score('abcde"', [1.0, 2.0, float("inf"), 4.0, 5.0, 6.0]), unk=2)
    whole = json_lines.to_json(one)
    monkeypatch.setattr(json_lines, "_TOGETHER", 2)
    parts = []

    class Stream(StringIO):
        def write(self, text):
            parts.append(text)
            return super().write(text)

    stdout = Stream()
    Screen(stdout=stdout).show([one], "json")
    assert json.loads(stdout.getvalue()) == json.loads(whole)
    assert max(map(len, parts)) < len(whole) and stdout.getvalue() == whole + "\n"
