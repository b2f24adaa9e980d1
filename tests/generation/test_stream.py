"""Generation as a stream: seeds, stop texts, blanks, interruption."""

import sys
from contextlib import contextmanager
from dataclasses import replace

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.generation import STRIDE, assembler, stream
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.sampling import Sampling
from tests import tiny


@pytest.fixture
def char(tmp_path):
    return tiny.model(tmp_path / "char")


@pytest.fixture
def words(tmp_path):
    return tiny.model(tmp_path / "words", "whitespace", seed=3)


def same_state(drawn, other):
    return drawn.id == other.id and drawn.state == pytest.approx(other.state, abs=1e-5)


def test_the_same_seed_gives_the_same_text(char):
    first = char.generate("the", seed=7, length=40)
    assert char.generate("the", seed=7, length=40) == first
    assert char.generate("the", seed=8, length=40).text != first.text
    assert len(first.tokens) == 40 and first.stopped == "length"


def test_a_random_seed_is_recorded_and_reproduces_the_text(char):
    result = char.generate("the", length=30)
    assert char.generate("the", length=30, seed=result.seed).text == result.text


def test_pieces_are_the_prompt_then_the_text(char):
    generation = char.stream(GenerationRequest("the", length=20), seed=1)
    prompt, *pieces = generation
    assert (prompt.text, prompt.prompt) == ("the", True)
    assert not any(piece.prompt for piece in pieces)
    assert "".join(piece.text for piece in pieces) == generation.sample.text


def test_the_settings_that_reproduce_a_sample_are_recorded(char):
    result = char.generate(length=2, seed=0, sampling=Sampling(temperature=0.5, top_k=3))
    assert result.settings["temperature"] == 0.5
    assert result.settings["top_k"] == 3 and result.settings["length"] == 2


def test_continuing_from_a_context_equals_generating_at_once(char):
    greedy = Sampling(temperature=0)
    whole = char.generate("the", length=20, sampling=greedy)
    first = char.stream(GenerationRequest("the", length=8, sampling=greedy))
    list(first)
    second = char.generate(length=12, sampling=greedy, context=first.context)
    assert first.sample.text + second.text == whole.text


def test_an_interrupted_generation_keeps_its_text_and_context(char):
    generation = char.stream(GenerationRequest("the", length=50), seed=2)
    pieces = iter(generation)
    written = "".join(next(pieces).text for _ in range(11))
    assert generation.sample.stopped == "interrupted"
    assert written == "the" + generation.sample.text
    assert same_state(generation.context, char.read(written))


@pytest.mark.parametrize("line", range(60))
def test_a_generation_is_consistent_wherever_it_is_interrupted(char, line):
    """KeyboardInterrupt is raised at the n-th line of one step and of those after it."""
    request = GenerationRequest("the", length=2 * STRIDE, sampling=Sampling(temperature=0))
    generation = char.stream(replace(request, stop=("\0",)))
    whole = char.generate("the", length=2 * STRIDE, sampling=request.sampling).text
    for _ in range(STRIDE - 1):  # the first piece is the prompt
        next(iter(generation))
    with pytest.raises(KeyboardInterrupt), interrupted_at(line):
        list(generation)
    count = len(generation.tokens)
    assert STRIDE - 2 <= count <= STRIDE + 4
    assert len(generation.ends) == count and generation.ends[-1] == count
    assert generation.sample.text == whole[:count] and len(generation.sample.tokens) == count
    assert same_state(generation.context, char.read("the" + whole[:count]))
    assert list(generation.contexts) == [STRIDE] * (count >= STRIDE)


@contextmanager
def interrupted_at(line):
    """Raises KeyboardInterrupt at the n-th line of the modules that append a token."""
    left = line

    def trace(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename not in (stream.__file__, assembler.__file__):
            return None
        if event == "line":
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def test_the_end_token_ends_a_sample_and_adds_no_text(words):
    result = words.generate("the", length=500, seed=1, sampling=Sampling(temperature=1))
    assert result.stopped == "eos"
    assert result.tokens[-1].id == words.tokenizer.eos
    assert "\n" not in result.text


def test_generation_can_ignore_the_end_token(words):
    result = words.generate("the", length=200, seed=1, ignore_eos=True)
    assert result.stopped == "length" and len(result.tokens) == 200
    assert result.settings["ignore_eos"] is True


def test_the_unknown_token_is_drawn_only_if_allowed(words):
    always = Sampling(temperature=5, allow_unk=True)
    allowed = words.generate(length=300, seed=0, sampling=always, ignore_eos=True)
    refused = words.generate(length=300, seed=0, sampling=Sampling(temperature=5), ignore_eos=True)
    assert words.tokenizer.unk in {token.id for token in allowed.tokens}
    assert words.tokenizer.unk not in {token.id for token in refused.tokens}


def test_a_blank_of_the_prompt_is_not_matched_by_a_stop_text(words):
    options = {"seed": 5, "length": 6, "ignore_eos": True}
    plain = words.generate("the cat ", **options)
    stop = plain.text.split(" ")[2]
    result = words.generate("the cat ", stop=[stop], **options)
    assert result.stopped == "stop" and result.text == plain.text[: plain.text.find(stop)]
    held = plain.text.split(" ")[0] + "!"  # the first word may be the beginning of this
    assert words.generate("the cat ", stop=[held], **options).text == plain.text


def test_words_follow_the_prompt_after_one_blank(words):
    bare = words.generate("the cat", seed=5, length=3, ignore_eos=True)
    blank = words.generate("the cat ", seed=5, length=3, ignore_eos=True)
    assert bare.text == " " + blank.text and not blank.text.startswith(" ")


def test_a_stop_text_ends_a_sample_also_across_tokens(char):
    whole = char.generate("the", seed=3, length=60).text
    stop = whole[20:23]
    result = char.generate("the", seed=3, length=60, stop=[stop])
    assert result.stopped == "stop"
    assert result.text == whole[: whole.index(stop)]


def test_the_beginning_of_a_stop_text_is_held_back_and_written_later(char):
    whole = char.generate("the", seed=3, length=30).text
    generation = char.stream(GenerationRequest("the", length=30, stop=(whole[-2:] + "\0",)), seed=3)
    shown = [piece.text for piece in generation if not piece.prompt]
    assert "".join(shown) == whole and generation.sample.stopped == "length"


def test_the_earliest_of_several_stop_texts_counts(char):
    whole = char.generate("the", seed=3, length=60).text
    result = char.generate("the", seed=3, length=60, stop=[whole[30:33], whole[10:13]])
    first = min(whole.index(whole[30:33]), whole.index(whole[10:13]))
    assert result.text == whole[:first]


def test_pieces_never_contain_half_a_character(tmp_path):
    model = tiny.model(tmp_path / "bytes", "bytes")
    pieces = list(
        model.stream(GenerationRequest(length=300, sampling=Sampling(temperature=2)), seed=0)
    )
    assert all(piece.text for piece in pieces)
    "".join(piece.text for piece in pieces).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("wrong", [{"length": -1}, {"stop": [""]}, {"seed": -1}])
def test_invalid_requests_are_refused(char, wrong):
    with pytest.raises(RnnreplError, match=f"`{next(iter(wrong))}` must"):
        char.generate("the", **wrong)


def test_a_length_of_zero_gives_an_empty_sample(char):
    result = char.generate("the", length=0)
    assert result.text == "" and result.stopped == "length"


def test_a_blank_of_the_prompt_that_is_a_token_removes_none_from_the_text(tmp_path):
    model = tiny.model(tmp_path / "jamo", "jamo", text="가 나")
    prompts = ("가 ", "가")
    both = [model.generate(prompt, seed=0, match=" 나") for prompt in prompts]
    assert [drawn.text for drawn in both] == [" 나", " 나"]
