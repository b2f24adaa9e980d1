"""The scripts of the worked examples. tests/docs/test_pages.py reads their prompt lines."""

import importlib.util
import json
import random
import re
import sys

import pytest

from tests.docs.pages import ROOT

EXAMPLES = ROOT / "docs" / "examples"
HEAD = "X: 1\nT:A\nM:6/8\nL:1/8\nK:G\n"
TUNE = f"{HEAD}GAB cde|d6|\n\n"


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Loads the script of an example, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def load(name):
        spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


def test_dates_are_written_in_words(script):
    dates = script("dates")
    years = [dates.year(n, random.Random(2)) for n in (1900, 1905, 1984, 2000, 2009, 2012)]
    assert years[:4] == [
        "nineteen hundred",
        "nineteen oh five",
        "nineteen eighty four",
        "two thousand",
    ]
    assert (
        years[4] in ("two thousand nine", "two thousand and nine") and years[5] == "twenty twelve"
    )
    assert [dates.ordinal(n) for n in (1, 12, 20, 23, 30)] == [
        "first",
        "twelfth",
        "twentieth",
        "twenty third",
        "thirtieth",
    ]


def test_no_markov_model_is_better_than_the_source_of_the_genes(script, capsys):
    dna = script("dna")
    dna.write(200)
    truth = float(re.search(r"needs ([\d.]+) bits", capsys.readouterr().out)[1])
    by_order = dna.markov(3)
    assert truth < by_order[3] < by_order[0] < 2.1
    dna.table(1, None)
    orders, bits, least = capsys.readouterr().out.splitlines()
    assert orders.endswith("\t0\t1") and least == f"the source\t{truth:.4f}"
    assert bits == f"Markov models\t{by_order[0]:.4f}\t{by_order[1]:.4f}"


@pytest.mark.parametrize(
    ("body", "verdicts"),
    [
        ("ABc def|", [True]),
        ("ABc de|", [False]),
        ("A3/2B/c d2e|A//B3//c{g}c !trill!d2z|", [True, True]),
        ("A|BcA BcA|BcA Bc:|", [True, True]),  # the upbeat and the last bar are one
        ('"D7"[DFA]3 [df]3|(3ABc d2 e2|', [True, True]),
        ("A>B c<d ef|", [True]),
        ("ABc def|\nM:2/4\nABc|", [True, False]),
    ],
)
def test_bars_are_added_up_as_fractions(script, body, verdicts):
    assert list(script("tunes").judged(f"{HEAD}{body}\n")) == verdicts


def test_a_header_out_of_order_is_counted(script):
    bad = TUNE.replace("X: 1\nT:A\n", "T:A\nX: 1\n")
    checked = script("tunes").check([TUNE, bad])
    assert checked == "2 tunes: 1 headers in order (50.0%), 4 of 4 bars right (100.0%)"


def test_the_changed_text_is_the_same_near_the_word(script):
    text = " ".join(random.Random(1).choices(["cat", "dog", "the", "sat"], k=500))
    cases = list(script("units").cases(text, 20, 8))
    assert len(cases) == 8
    for before, other, word in cases:
        assert before + word in text and len(before) == len(other) == 400
        assert before != other and before[-20:] == other[-20:]


def test_reviews_are_parted_without_a_review_in_two_files(script, tmp_path):
    rows = "".join(f"{n}\t{'좋아요' if n % 2 else '별로'} {n}\t{n % 2}\n" for n in range(80))
    (tmp_path / "ratings.txt").write_text(f"id\tdocument\tlabel\n{rows}", encoding="utf-8")
    script("reviews").write(tmp_path / "ratings.txt")
    parts = [(tmp_path / f"{n}.tsv").read_text(encoding="utf-8") for n in ("valid", "test")]
    train = (tmp_path / "pos.train.txt").read_text(encoding="utf-8")
    assert [part.count("pos\t") for part in parts] == [2, 2] and train.count("\n") == 36
    kept = {line.partition("\t")[2] for part in parts for line in part.splitlines()}
    assert len(kept) == 8 and not kept & {*train.splitlines()}
    both = (tmp_path / "both.train.txt").read_text(encoding="utf-8").splitlines()
    assert len({*both}) == 72 and not kept & {*both}
    assert all(("좋아요" in text) == (n % 2 == 0) for n, text in enumerate(both))


def test_the_log_likelihoods_of_several_classifications_are_added(script, tmp_path):
    for name, pos, neg in (("a", 10, 12), ("b", 15, 12)):
        rows = [
            {"label": "neg", "totals": {"pos": pos, "neg": neg}},
            {"label": "pos", "totals": {"pos": neg, "neg": pos + 9}},
            {"texts": 2},
        ]
        (tmp_path / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    add = script("reviews").add
    assert add([tmp_path / "a"]) == "1 of 2 right (50.0%)"
    assert add([tmp_path / "a", tmp_path / "b"]) == "2 of 2 right (100.0%)"


def test_the_table_of_calibration_has_a_column_for_each_bin_with_reviews(script, tmp_path):
    labels = [(0.02, "neg"), (0.04, "pos"), (0.6, "pos"), (0.95, "pos"), (1.0, "pos"), (1.0, "neg")]
    rows = [{"label": label, "posterior": {"pos": p}} for p, label in labels]
    (tmp_path / "a.json").write_text("".join(f"{json.dumps(row)}\n" for row in [*rows, {}]))
    table = script("reviews").calibration(tmp_path / "a.json").splitlines()
    assert [line.split("\t")[1:] for line in table] == [
        ["0.03", "0.60", "0.98"],
        ["0.50", "1.00", "0.67"],
        ["2", "1", "3"],
    ]


def novels(folder):
    for name, word in (("A", "fig"), ("B", "berry"), ("C", "cherry")):
        for year, text in ((1850, f"the {word} is {word} "), (1860, f"one {word} was held out ")):
            (folder / f"{name}_Novel_{year}.txt").write_text(text * 40)
    (folder / "C_Other_1855.txt").write_text("the cherry too " * 40)


def test_the_last_novel_of_each_author_is_held_out(script, tmp_path):
    novels(tmp_path)
    authors = script("authors")
    authors.AUTHORS, authors.PASSAGES, authors.LENGTH = 2, 3, 50
    authors.write(tmp_path)
    texts = [(tmp_path / f"{name}.train.txt").read_text() for name in ("b", "c")]
    assert not (tmp_path / "a.train.txt").exists()  # it has less text
    assert not any("held" in text for text in texts) and "too" in texts[1]
    assert abs(len(texts[0]) - len(texts[1])) < 3
    assert (tmp_path / "all.train.txt").read_text() == "".join(texts)
    rows = [row.split("\t") for row in (tmp_path / "passages.tsv").read_text().splitlines()]
    assert [author for author, _ in rows] == ["b", "b", "b", "c", "c", "c"]
    assert all("held" in passage and 30 < len(passage) <= 50 for _, passage in rows)
    assert authors.bayes(1) == "smoothing 1: 6 of 6 right (100.0%)"


CURVES = "order\t1\t2\t4\nlow\t0.5\t1.0\t2.0\n#\tten\t\ttwo\nhigh\t3\t3\t1\nleast\t0.25\n"


def test_a_chart_shows_the_names_and_the_values_of_its_series(script):
    pytest.importorskip("matplotlib")
    chart = script("chart")
    svg = chart.draw(CURVES, "bits", diagonal="equal").decode()
    texts = re.findall("<text [^>]*>([^<]*)</text>", svg)
    assert {"order", "bits", "low", "high", "least", "equal", "ten", "two"} <= {*texts}
    marks = r'<use [^>]*x="([\d.]+)" y="([\d.]+)" style="fill: {}'
    points = re.findall(marks.format(chart.COLORS[0]), svg)[:3]  # the last one is in the legend
    (x1, y1), (x2, y2), (x4, y4) = [(float(x), float(y)) for x, y in points]
    assert x4 - x2 == pytest.approx(2 * (x2 - x1)) and y2 - y4 == pytest.approx(2 * (y1 - y2))
    assert y1 > y2 > y4 and svg == chart.draw(CURVES, "bits", diagonal="equal").decode()


def test_a_chart_has_bars_where_x_has_words(script):
    pytest.importorskip("matplotlib")
    svg = script("chart").draw("\tNaive Bayes\tten models\nright\t51\t41\n", "of 100").decode()
    texts = re.findall("<text [^>]*>([^<]*)</text>", svg)
    assert {"Naive Bayes", "ten models", "51", "41", "of 100"} <= {*texts} and "right" not in texts


@pytest.mark.parametrize(("name", "library"), [("render", "music21"), ("chart", "matplotlib")])
def test_the_scripts_that_draw_say_what_to_install(script, tmp_path, monkeypatch, name, library):
    monkeypatch.setitem(sys.modules, library, None)
    module = script(name)
    with pytest.raises(SystemExit, match=f"pip install {library}"):
        module.draw(CURVES) if name == "chart" else module.render(tmp_path / "a.abc", tmp_path)


@pytest.mark.parametrize("page", sorted(EXAMPLES.glob("*.md")), ids=lambda p: p.stem)
def test_every_page_shows_a_figure_and_describes_it(page):
    figures = re.findall(r"!\[(.+)\]\((\S+\.svg)\)", page.read_text(encoding="utf-8"))
    assert figures
    assert all(len(alt) > 40 and (EXAMPLES / svg).is_file() for alt, svg in figures)
