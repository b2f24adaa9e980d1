import json
from dataclasses import replace
from io import StringIO
from math import inf, nan

from rnnrepl.render import Screen, json_lines
from rnnrepl.render.sanitize import sanitize
from rnnrepl.results.samples import Piece, Sample, SampledToken
from rnnrepl.results.words import group
from rnnrepl.training.runs.events import RunEnded
from tests.render.records import score


def written(records, format):
    stdout = StringIO()
    Screen(stdout=stdout).show(records, format)
    return stdout.getvalue()


def test_a_score_is_an_object_with_the_fields_of_the_contract():
    text = written([score("ab", [0.1, 0.2], top=[("c", 1.5)]), score("", [])], "json")
    first, second = map(json.loads, text.splitlines())
    assert " ".join(first) == (
        "text model unit start eos carry tokens total count unk perplexity"
        " perplexity_without_unk bits_per_char bits_per_byte words perplexity_per_word"
    )
    assert " ".join(first["tokens"][0]) == "text start end id unk surprisal rank entropy top"
    assert first["tokens"][0]["top"] == [{"text": "c", "surprisal": 1.5}]
    assert second["tokens"] == [] and second["perplexity"] is None


def test_a_whole_text_has_the_object_of_a_score_without_tokens():
    record = score("ab", [0.1, 0.2])
    (line,) = written([replace(record, tokens=(), by="text")], "json").splitlines()
    own, whole = json.loads(line), json.loads(written([record], "json"))
    assert own.pop("by") == "text" and whole.pop("tokens")
    assert own == whole


def test_numbers_are_not_rounded():
    third = 1 / 3
    assert json.loads(written([score("a", [third])], "json"))["total"] == third


def test_letters_are_written_as_they_are_and_lone_surrogates_escaped():
    text = written([score("한\ud800", [1.0, 1.0])], "json")
    assert '"한\\ud800"' in text
    assert text.encode() and json.loads(text)["text"] == "한\ud800"


def test_characters_that_a_terminal_hides_are_escaped_without_loss():
    hidden = "x\U000e0041\u3164\u034f\ufe0f👩\u200d👧\u2028\x7f"
    text = written([score(hidden, [1.0] * len(hidden))], "json")
    assert json.loads(text)["text"] == hidden
    assert sanitize(text, keep="\n") == text


def test_non_finite_numbers_are_null():
    ended = RunEnded("run", "done", 1, 1.0, 1.0, nan, inf, -inf)
    assert "NaN" not in written([ended], "json")
    assert json.loads(written([ended], "json"))["perplexity"] is None


def test_a_sample_is_written_without_its_pieces():
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


def test_optional_fields_are_written_only_on_request():
    record = score("a", [1.0])
    assert "spans" not in json.loads(written([record], "json"))
    grouped = json.loads(written([group(record, "word", [(0, 1)])], "json"))
    assert grouped["by"] == "word"
    assert grouped["spans"] == [
        {
            "text": "a",
            "start": 0,
            "end": 1,
            "first": 1,
            "count": 1,
            "unk": 0,
            "surprisal": 1.0,
            "entropy": 2.5,
        }
    ]


def test_a_long_score_is_written_in_parts_and_is_the_same_object():
    long = score('ab"' * 3000, [1.0, 2.0, inf] * 3000)
    whole = json_lines.to_json(long)
    parts = []

    class Stream(StringIO):
        def write(self, text):
            parts.append(text)
            return super().write(text)

    stdout = Stream()
    Screen(stdout=stdout).show([long], "json")
    assert max(map(len, parts)) < len(whole) / 2 and stdout.getvalue() == whole + "\n"
