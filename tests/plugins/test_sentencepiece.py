import io
import json

import pytest
import sentencepiece
from hypothesis import given

from rnnrepl import tokenizer
from rnnrepl.errors import RnnreplError
from rnnrepl.testing import CORPUS, LONG_LINE, TEXTS, check_text, check_tokenizer
from tests.plugins.awkward import many, texts

SentencePiece = tokenizer.find("sentencepiece")
UNIGRAM = SentencePiece.train([CORPUS], vocabulary=320)
LINES = SentencePiece.train([CORPUS], vocabulary=320, model="bpe", eos="line")


def original(folder, **options):
    """A model trained with the defaults of the library, and its file."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS.splitlines()),
        model_writer=written,
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    path = folder / "made.model"
    path.write_bytes(written.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=written.getvalue()), path


def test_keeps_the_laws():
    check_tokenizer(SentencePiece, CORPUS + LONG_LINE[:400])


def test_keeps_the_laws_as_bpe_with_an_end_token_on_a_difficult_text():
    awkward = "\n".join([CORPUS, *TEXTS.values()])
    for trained in (LINES, SentencePiece.train([awkward], model="bpe", coverage=1.0)):
        for text in TEXTS.values():
            check_text(trained, text)


@many
@given(texts)
def test_keeps_the_laws_of_any_text(text):
    check_text(UNIGRAM, text)
    check_text(LINES, text)


@pytest.mark.parametrize("trained", [UNIGRAM, LINES])
def test_any_text_is_restored_also_the_librarys_symbol_for_a_blank(trained):
    text = "The  cat\t▁ \n\nsaid\0 한국\ud800 <0x41>\r\n"
    assert trained.decode(trained.ids(text)) == text
    assert trained.normalises == "" and trained.unk not in trained.ids(text)


def test_the_vocabulary_has_the_given_size_and_shows_blanks():
    assert len(LINES.tokens) == 320
    assert [LINES.tokens[id] for id in LINES.ids("The cat\n")] == ["T", "he", " cat", "\n"]


def test_a_token_includes_its_blank_and_bytes_share_the_span_of_a_character():
    ids, starts, ends = LINES.encode("한 cat")
    assert [LINES.tokens[id] for id in ids] == ["<0xED>", "<0x95>", "<0x9C>", " cat"]
    assert list(zip(starts, ends, strict=True)) == [*[(0, 1)] * 3, (1, 5)]


def test_a_character_is_written_when_it_is_complete():
    decoder = LINES.decoder()
    assert [decoder.feed(id) for id in LINES.ids("한 cat")] == ["", "", "한", " cat"]


def test_with_eos_line_a_newline_is_the_end_token():
    assert (UNIGRAM.eos, LINES.tokens[LINES.eos]) == (None, "\n")


def test_rare_characters_are_read_as_bytes():
    most = SentencePiece.train(["the cat " * 200 + "é"], vocabulary=300, coverage=0.99)
    assert [most.tokens[id] for id in most.ids("é")] == ["<0xC3>", "<0xA9>"]


def test_an_opened_model_encodes_each_line_as_the_library_does(tmp_path):
    library, path = original(tmp_path, vocab_size=60)
    opened = SentencePiece.train([], file=str(path))
    text = "The old cat:  naïve café"
    assert opened.ids(text).tolist() == library.encode(text)
    assert opened.decode(opened.ids(text)) == library.decode(library.encode(text))
    assert opened.tokens[opened.eos] == "</s>" and opened.tokens[opened.unk] == "<unk>"
    assert opened.normalises.endswith("as the SentencePiece model says.")
    assert opened.unk in opened.ids("한▁")
    first, second = library.encode("the cat"), library.encode("the dog")
    assert opened.ids("the cat\nthe dog").tolist() == [*first, *second]


def test_an_opened_model_decodes_lines_without_the_added_blank(tmp_path):
    rules = {"normalization_rule_name": "identity", "remove_extra_whitespaces": False}
    _, path = original(tmp_path, vocab_size=320, byte_fallback=True, **rules)
    opened = SentencePiece.train([], file=str(path))
    for text in ["The cat\n the dog\n\n", CORPUS, ""]:
        assert opened.decode(opened.ids(text)) == text
        check_text(opened, text)


def test_an_opened_model_is_stored_without_its_file(tmp_path):
    _, path = original(tmp_path, vocab_size=60)
    opened = SentencePiece.train([], file=str(path))
    path.unlink()
    again = SentencePiece.from_dict(json.loads(json.dumps(opened.to_dict())))
    assert again.ids(CORPUS).tolist() == opened.ids(CORPUS).tolist()
    assert (again.eos, again.tokens) == (opened.eos, opened.tokens)


def test_an_invalid_or_missing_file_is_refused(tmp_path):
    (tmp_path / "x.model").write_bytes(b"\x00not a model")
    with pytest.raises(RnnreplError, match=r"x\.model is not a SentencePiece model"):
        SentencePiece.train([], file=str(tmp_path / "x.model"))
    with pytest.raises(RnnreplError, match=r"nothing cannot be read: No such file"):
        SentencePiece.train([], file=str(tmp_path / "nothing"))


def test_a_training_error_of_the_library_is_one_sentence():
    with pytest.raises(RnnreplError, match=r"cannot be trained on this text: there is no text\."):
        SentencePiece.train([""])
    with pytest.raises(RnnreplError, match=r"Vocabulary size is smaller than required"):
        SentencePiece.train([CORPUS], vocabulary=100)


@pytest.mark.parametrize("coverage", [2.0, 0.5, -1.0])
def test_a_coverage_out_of_range_is_refused(coverage):
    with pytest.raises(RnnreplError, match=r"^coverage must be from 0\.98 to 1, not"):
        SentencePiece.train([CORPUS], vocabulary=320, coverage=coverage)
