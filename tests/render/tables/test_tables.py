import os
from dataclasses import replace
from io import StringIO

import pytest
from rich.cells import cell_len

from rnnrepl.render import Screen
from rnnrepl.results.models import Check, ModelCard, ModelInfo
from rnnrepl.results.runs import RunInfo
from rnnrepl.results.scores import Evaluation
from rnnrepl.results.session import Setting
from rnnrepl.results.tokenizers import (
    OptionInfo,
    Tokenization,
    TokenizerInfo,
    TokenSpan,
    VocabularyEntry,
)


@pytest.fixture
def lines(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    def lines(*records):
        stdout = StringIO()
        Screen(stdout=stdout).show(records, "table")
        return [line.rstrip() for line in stdout.getvalue().splitlines()]

    return lines


def test_an_evaluation_shows_every_figure_with_its_unit(lines):
    figures = (1500.0, 1.5, 4.4817, 4.25, 2.1858, 2.1618, 180, 4160.3, 0.25, 912_345)
    assert lines(Evaluation("tiny", 1000, 990, 1001, 3, *figures)) == [
        "model                   tiny (0.91 M weights)",
        "tokens                  1,000 (3 unknown)",
        "characters              990 (1,001 bytes)",
        "total                   1,500.0 nats",
        "nats per token          1.5000",
        "perplexity              4.48",
        "without unknown tokens  4.25",
        "perplexity per word     4,160 (180 words)",
        "bits per character      2.1858",
        "bits per byte           2.1618",
        "time                    0.2 s",
    ]


def test_evaluations_of_several_models_share_a_table(lines):
    word = (6000.0, 6.0, 403.4, 300.2, 2.41, 2.38, 180, 4160.3, 0.25, 912_345)
    char = (1500.0, 1.5, 4.4817, 4.4817, 2.1858, 2.1618, 180, 4160.3, 2.5, 1_234_567)
    models = (
        Evaluation("words", 1000, 3590, 3600, 120, *word, "chars", 7000.0, 2.8132),
        Evaluation("chars", 3590, 3590, 3600, 0, *char, "chars", 1500.0, 2.1858),
    )
    head, *rows = lines(*models)
    names = "model bits/char spelled perplexity known unknown tokens nats weights"
    cells = "words 2.4100 2.8132 403.4 300.2 12.0% 1,000 6,000 0.91 M"
    assert " ".join(head.split()) == names and " ".join(rows[0].split()) == cells
    assert rows[1].split()[:5] == ["chars", "2.1858", "2.1858", "4.48", "4.48"]
    assert rows[2:] == [
        "known: perplexity without unknown tokens",
        "spelled: bits/char with unknown words spelled by chars",
        "perplexities are of different tokens: compare spelled",
    ]


@pytest.mark.parametrize("width", [30, 50, 80, 120])
def test_a_narrow_screen_leaves_out_columns_of_evaluations(monkeypatch, lines, width):
    monkeypatch.setenv("COLUMNS", str(width))
    figures = (1500.0, 1.5, 4.4817, 4.25, 2.1858, 2.1618, 180, 4160.3, 0.25, 912_345)
    same = [Evaluation(f"model-{n}", 1000, 990, 1001, 3, *figures) for n in range(2)]
    head, *rows = lines(*same)
    assert len(head) <= width and head.startswith("model") and rows[0].startswith("model-0")
    assert ("time" in head) == (width >= 80) and "bits/char" in head


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_long_name_of_a_model_is_shortened_and_the_figures_remain(monkeypatch, lines, width):
    monkeypatch.setenv("COLUMNS", str(width))
    short = ModelInfo("short", "/m", "yours", "char", "lstm", (64, 64), 65, 912_345, 2.1, 4.3)
    short = replace(short, description="scenes of Shakespeare, by letters")
    for name in ("long-name-" * 9, "모델" * 40):
        head, long, line = lines(replace(short, name=name), short)
        assert "bits/char" in head and "2.10" in line and "2.10" in long
        assert "…" in long and long.startswith(name[:5]) and line.startswith("short")
        assert ("perplexity" in head) == (width == 120) and all(
            cell_len(each) <= width for each in (head, long, line)
        )


def test_models_share_a_table_and_broken_models_give_the_reason(lines):
    good = ModelInfo("good", "/m", "yours", "char", "lstm", (64, 64), 65, 912_345, 2.1, 4.3)
    good = replace(good, bytes=3_650_000)
    bad = ModelInfo("bad", "/b", "yours", broken="It lacks weights.")
    fresh = ModelInfo("fresh", "/f", "yours", "word", "gru", (8, 4), 10_000, 900)
    head, *rows, why = lines(good, bad, fresh)
    assert (
        " ".join(head.split()) == "model tokenizer network tokens weights size bits/char perplexity"
    )
    assert " ".join(rows[0].split()) == "good char lstm 2×64 65 0.91 M 3.6 MB 2.10 4.30"
    assert " ".join(rows[1].split()) == "fresh word gru 8+4 10.0 k 900 0 bytes – –"
    assert why == "bad cannot be used: It lacks weights."


def test_tokenizers_show_their_options_or_why_they_are_broken(lines):
    option = OptionInfo("min_count", "int", 1, "drop what is rarer")
    output = lines(
        TokenizerInfo("char", "shipped", "Characters.", (option,)),
        TokenizerInfo("odd", "x.py", broken="SyntaxError: \x1b"),
    )
    assert output[1].split() == ["char", "Characters.", "min_count=1"]
    assert output[-1] == "odd cannot be used: SyntaxError: ␛"


def test_options_show_the_values_they_accept(lines):
    output = lines(
        OptionInfo("min_count", "int", 1, "drop what is rarer"),
        OptionInfo("eos", "choice", "none", "what ends", ("none", "line")),
    )
    assert output[1].split() == ["min_count", "N", "1", "drop", "what", "is", "rarer"]
    assert output[2].split() == ["eos", "none,", "line", "none", "what", "ends"]


def test_a_tokenizer_with_a_missing_dependency_says_what_to_install(lines):
    output = lines(TokenizerInfo("bpe", "shipped", "Sub-words.", install="rnnrepl[bpe]"))
    assert output[1].split() == ["bpe", "Sub-words."]
    assert output[2].strip() == "not installed: pip install rnnrepl[bpe]"


def test_settings_show_their_origin(lines):
    output = lines(Setting("top_k", 5, ":set", "keep K"), Setting("eos", True, "default"))
    assert output[1].split() == ["top-k", "5", ":set", "keep", "K"]
    assert output[2].split() == ["eos", "yes", "default"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), ("", "–"), ((), "–"), (False, "no"), (("\n", "a b"), "⏎, a␣b"), (0.5, "0.5")],
)
def test_a_setting_is_shown_as_it_is_typed(lines, value, shown):
    assert lines(Setting("eos", value, ":set"))[1].split("  ")[3:][0].strip() == shown


def test_a_model_card_is_flat_with_dotted_names(lines):
    card = {"network": {"cell": "lstm", "hidden": [8, 8], "tied": False}, "start": "zeros"}
    output = lines(ModelCard("tiny", "/m/tiny", 1234, card))
    assert [line.split(None, 1) for line in output] == [
        ["model", "tiny"],
        ["path", "/m/tiny"],
        ["parameters", "1,234"],
        ["network.cell", "lstm"],
        ["network.hidden", "8, 8"],
        ["network.tied", "no"],
        ["start", "zeros"],
    ]


def test_a_tokenization_lists_each_token_with_its_characters(lines):
    spans = (TokenSpan(" ", 0, 1, 4, False), TokenSpan("☃", 1, 2, 0, True))
    output = lines(Tokenization(" ☃", "char", spans, 2, 1))
    assert output[1].split() == ["1", "␣", "4", "0–1"]
    assert output[2].split() == ["2", "☃", "0", "1–2", "unknown"]
    assert output[3] == "2 tokens · 2 characters · char · 1 unknown"


def test_a_word_that_is_wider_than_the_screen_is_shortened_not_broken(lines):
    output = lines(ModelCard("tiny", "/" + "x" * 200, 1, {"words": "word " * 30}))
    assert [line for line in output if "xx" in line] == [f"path        /{'x' * 66}…"]
    assert " ".join(output).split().count("word") == 30


def test_without_records_nothing_is_drawn(lines):
    assert lines() == []


def test_each_check_is_a_line(lines):
    assert lines(Check("first", 3.2e-7, 1e-4, True), Check("second", 0.5, 1e-9, False)) == [
        "ok    first                                3.2e-07  at most 1e-04",
        "FAIL  second                               5.0e-01  at most 1e-09",
    ]


def test_an_evaluation_with_adaptation_shows_the_perplexity_without_it(lines):
    figures = (1500.0, 1.5, 4.4817, 4.25, 2.1858, 2.1618, 180, 4160.3, 0.25, 900, None, None, None)
    cache = {"window": 2000, "theta": 0.03, "lambda": 0.2}
    adapt = {"rate": 0.05, "decay": 0.001, "segment": 20}
    output = lines(Evaluation("tiny", 1000, 990, 1001, 3, *figures, cache, adapt, 6.5))
    assert output[-3:] == [
        "cache                         window 2000, theta 0.03, lambda 0.2",
        "adaptation                    rate 0.05, decay 0.001, segment 20",
        "without cache and adaptation  perplexity 6.50",
    ]


MODELS = [
    ModelInfo("shakespeare-char", "/m", "yours", "char", "lstm", (320, 320), 66, 1_687_746, 2.0, 4),
    ModelInfo("a-name-" * 8, "/n", "yours", "sentencepiece", "gru", (64,), 10**6, 10**9, 1.5, 1e5),
]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
def test_a_narrow_screen_leaves_out_columns_of_models_and_breaks_no_word(monkeypatch, lines, width):
    monkeypatch.setenv("COLUMNS", str(width))
    head, *rows = lines(*MODELS)
    assert len(rows) == len(MODELS) and all(len(row) <= width for row in rows)
    assert ("weights" in head) == (width >= 120) and "bits/char" in head
    assert ("a-name-" * 8 in rows[1]) == (width == 200) and rows[1].startswith("a-nam")


def test_a_card_shows_nested_values_in_plain_words(lines):
    corpus = [{"name": "a.txt", "bytes": 3}]
    nested: dict = {}
    for _ in range(900):
        nested = {"x": nested}
    card = {
        "network": {"hidden": [4, 8]},
        "origin": {"corpus": corpus, "two": corpus * 2, "sha": "f" * 100, "deep": nested},
    }
    rows = lines(ModelCard("tiny", "/m", 12, card))
    assert [" ".join(row.split()) for row in rows[3:]] == [
        "network.hidden 4, 8",
        "origin.corpus.name a.txt",
        "origin.corpus.bytes 3",
        "origin.two.1.name a.txt",
        "origin.two.1.bytes 3",
        "origin.two.2.name a.txt",
        "origin.two.2.bytes 3",
        f"origin.sha {'f' * (80 - len('origin.corpus.bytes') - 3)}…",
        "origin.deep.x.x.x.x …",
    ]


def test_a_vocabulary_is_listed_with_counts_where_they_are_known(lines):
    head, *rows = lines(
        VocabularyEntry(0, "<unk>", None, True, False),
        VocabularyEntry(1, "the", 12_345, False, False),
    )
    assert head.split() == ["id", "token", "count"]
    assert [row.split() for row in rows] == [["0", "<unk>", "–", "unknown"], ["1", "the", "12,345"]]


def test_what_models_are_good_for_is_a_column_if_any_says_so(lines):
    figures = ("char", "lstm", (64,), 65, 900)
    described = ModelInfo("good", "/m", "yours", *figures, description="short rhymes")
    head, good, other = lines(described, MODELS[0])
    assert head.endswith("good for") and good.endswith("short rhymes")
    assert "weights" not in head and "…" not in other


def test_a_run_below_the_current_folder_has_its_path_from_there(lines, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    figures = ("done", "word", 0.0, 10, 1.0, 60.0, None, 900.0, 4.0, 54.6, 1.5)
    for path, shown in ((tmp_path / "rnn", f".{os.sep}rnn"), ("/r", "/r"), ("a", "a")):
        _, row = lines(RunInfo(str(path), "/r", *figures))
        assert row.split()[0] == shown


def test_runs_of_different_tokenizers_share_a_unit(lines):
    figures = (0.0, 10, 1.0, 60.0, None, 900.0, 4.0, 54.6)
    runs = [
        RunInfo(name, "/r", "done", level, *figures, bits, tokenizer=level)
        for name, level, bits in (("a", "word", 1.5), ("b", "character", 2.25))
    ]
    assert "perplexity 54.60" in lines(runs[0])[1]
    _, first, second, why = lines(*runs)
    assert "1.500 bits/char" in first and "2.250 bits/char" in second
    assert why == "bits per character, as the runs have different tokenizers"
