import json

import pytest
import tokenizers as hf
from hypothesis import given
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

from rnnrepl import tokenizer
from rnnrepl.errors import RnnreplError
from rnnrepl.testing import CORPUS, LONG_LINE, TEXTS, check_text, check_tokenizer
from tests.plugins.awkward import many, texts

Bpe = tokenizer.find("bpe")
PLAIN = Bpe.train([CORPUS])
LINES = Bpe.train([CORPUS], vocabulary=280, eos="line")


def opened(library, folder):
    library.save(str(folder / "tokenizer.json"))
    return Bpe.train([], file=str(folder / "tokenizer.json"))


def train(library, trainer):
    library.train_from_iterator(CORPUS.splitlines(keepends=True), trainer)
    return library


def gpt():
    """A tokenizer as that of GPT-2, with an end token."""
    library = hf.Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    library.post_processor = processors.ByteLevel(trim_offsets=True)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|endoftext|>"]
    return train(library, trainers.BpeTrainer(special_tokens=special, initial_alphabet=alphabet))


def bert():
    """A tokenizer as that of BERT: lowercase, WordPiece, an unknown and an end token."""
    library = hf.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    library.normalizer = normalizers.BertNormalizer()
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    library.decoder = decoders.WordPiece()
    special = ["[UNK]", "[CLS]", "[SEP]"]
    trained = train(library, trainers.WordPieceTrainer(special_tokens=special, vocab_size=200))
    ends = [("[CLS]", 1), ("[SEP]", 2)]
    trained.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", special_tokens=ends)
    trained.enable_truncation(4)
    return trained


def t5():
    """A tokenizer as that of T5: a unigram model, blanks as ▁, one added before each text."""
    library = hf.Tokenizer(models.Unigram())
    library.pre_tokenizer = pre_tokenizers.Metaspace()
    library.decoder = decoders.Metaspace()
    special = ["<unk>", "</s>"]
    trainer = trainers.UnigramTrainer(special_tokens=special, unk_token="<unk>", vocab_size=80)
    return train(library, trainer)


def test_keeps_the_laws():
    check_tokenizer(Bpe, CORPUS + LONG_LINE[:400])


def test_keeps_the_laws_with_an_end_token_on_a_difficult_text():
    for trained in (LINES, Bpe.train(["\n".join(TEXTS.values())], eos="line")):
        for text in TEXTS.values():
            check_text(trained, text)


@many
@given(texts)
def test_keeps_the_laws_of_any_text(text):
    check_text(PLAIN, text)
    check_text(LINES, text)
    check_text(Bpe.train([CORPUS, text], eos="line"), text)


def test_frequent_pairs_are_merged_up_to_the_given_size():
    assert len(PLAIN.tokens) > len(LINES.tokens) == 280
    assert {"The", " cat", " dog", "'t"} <= {*PLAIN.tokens}
    assert [PLAIN.tokens[id] for id in PLAIN.ids("The cat")] == ["The", " cat"]


def test_the_texts_of_tokens_have_their_blanks():
    texts = dict(zip(PLAIN.tokens, PLAIN.texts, strict=True))
    assert texts[" cat"] == " cat" and texts["\n"] == "\n" and texts["\\xed"] == "\ufffd"
    imported = Bpe.from_dict(json.loads(t5().to_str()))
    assert [imported.texts[id] for id in imported.ids("cat cat")] == [" cat", " cat"]


def test_rare_pairs_are_not_merged():
    assert " dog" not in Bpe.train([CORPUS], min_count=4).tokens


def test_incomplete_characters_are_shown_as_hex():
    assert [PLAIN.tokens[id] for id in PLAIN.ids("한")] == ["\\xed", "\\x95", "\\x9c"]


def test_a_token_includes_its_blank_and_bytes_share_the_span_of_a_character():
    _, starts, ends = PLAIN.encode("The cat\ud800 😀")
    spans = [(0, 3), (3, 7), *[(7, 8)] * 3, (8, 9), *[(9, 10)] * 4]
    assert list(zip(starts, ends, strict=True)) == spans


def test_a_character_is_written_when_it_is_complete():
    decoder = PLAIN.decoder()
    assert [decoder.feed(id) for id in PLAIN.ids("한 a")] == ["", "", "한", " a"]


def test_with_eos_line_a_newline_is_the_end_token():
    assert (PLAIN.eos, LINES.tokens[LINES.eos]) == (None, "\n")
    assert LINES.ids("\n\n").tolist() == [LINES.eos, LINES.eos]


def test_a_tokenizer_json_is_opened_with_its_end_token(tmp_path):
    original = gpt()
    bpe = opened(original, tmp_path)
    text = "The old cat: naïve?"
    assert bpe.ids(text).tolist() == original.encode(text, add_special_tokens=False).ids
    assert (bpe.tokens[bpe.eos], bpe.unk) == ("<|endoftext|>", None)
    for sample in [CORPUS, *TEXTS.values()]:
        check_text(bpe, sample)


@pytest.mark.parametrize("make", [bert, t5])
def test_a_normalising_tokenizer_json_says_so_and_keeps_its_special_tokens(make, tmp_path):
    original = make()
    bpe = opened(original, tmp_path)
    original.no_truncation()
    text = "The old cat, Zürich 한국: only me"
    encoding = original.encode(text, add_special_tokens=False)
    assert bpe.ids(text).tolist() == encoding.ids
    assert bpe.decode(encoding.ids) == original.decode(encoding.ids, skip_special_tokens=False)
    assert bpe.unk in encoding.ids and bpe.tokens[bpe.eos] in ("[SEP]", "</s>")
    assert bpe.normalises and bpe.tokens == list(map(original.id_to_token, range(len(bpe.tokens))))
    for sample in ["a\ud800b", CORPUS, ""]:
        check_text(bpe, sample)


def test_lines_are_decoded_as_they_were_encoded(tmp_path):
    bpe = opened(t5(), tmp_path)
    assert bpe.decode(bpe.ids("The cat\nthe dog")) == "The cat\nthe dog"


def test_an_opened_tokenizer_is_stored_without_its_file(tmp_path):
    bpe = opened(gpt(), tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    again = Bpe.from_dict(json.loads(json.dumps(bpe.to_dict())))
    assert again.ids(CORPUS).tolist() == bpe.ids(CORPUS).tolist()
    assert str(tmp_path) not in json.dumps(bpe.to_dict())


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"model": {"type": "BPE"}}', "\x00"])
def test_an_invalid_tokenizer_json_is_refused(text, tmp_path):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(RnnreplError, match=r"x\.json is not a tokenizer\.json"):
        Bpe.train([], file=str(tmp_path / "x.json"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RnnreplError, match=r"nothing cannot be read: No such file"):
        Bpe.train([], file=str(tmp_path / "nothing"))


HOSTILE = {
    "panic": {"pre_tokenizer": {"type": "FixedLength", "length": 0}},
    "abort": {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "/////wAAAAAAAAAA"}},
    "growth": {
        "normalizer": {
            "type": "Sequence",
            "normalizers": [{"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 100}]
            * 8,
        }
    },
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_breaks_the_library_is_one_sentence(name):
    with pytest.raises(RnnreplError, match="library"):
        Bpe.from_dict(PLAIN.to_dict() | HOSTILE[name]).ids("a")


def test_an_id_of_billions_is_refused_before_there_is_a_list_of_names():
    data = json.loads(json.dumps(PLAIN.to_dict()))
    data["model"]["vocab"]["new"] = 4_000_000_000
    with pytest.raises(RnnreplError, match="The largest id is 4,000,000,000"):
        Bpe.from_dict(data)


@pytest.mark.parametrize("data", [{}, {"model": 1}, {"model": {"type": "BPE"}}])
def test_what_is_no_tokenizer_json_is_refused(data):
    with pytest.raises(RnnreplError):
        Bpe.from_dict(data)


def test_tokenizers_as_they_are_trained_here_need_no_child_process():
    assert type(PLAIN.library).__name__ == type(LINES.library).__name__ == "Library"


@pytest.mark.parametrize(("eos", "least"), [("none", 256), ("line", 257)])
def test_the_vocabulary_has_the_bytes_at_least(eos, least):
    with pytest.raises(RnnreplError, match=f"vocabulary must be at least {least}, not 1"):
        Bpe.train([CORPUS], vocabulary=1, eos=eos)
    assert len(Bpe.train([CORPUS], vocabulary=least, eos=eos).tokens) == least
