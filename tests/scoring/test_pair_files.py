"""The formats of minimal pairs."""

import json
import re

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.scoring.pair_files import read_pairs

AGREEMENT = """\
pattern\tconstr_id\tsent_id\tcorrect_number\tform\tclass\ttype\tprefix\tsent
L__NOUN_VERB\t3\t0\tsing\tsits\tcorrect\toriginal\tThe cat on mats\t"The cat sits "" . <eos>"
L__NOUN_VERB\t3\t0\tsing\tsit\twrong\toriginal\tThe cat on mats\t"The cat sits "" . <eos>"
R__VERB\t3\t1\tplur\trun\tcorrect\tgenerated\t"Dogs "" all "" "\tDogs run . <eos>
R__VERB\t3\t1\tplur\truns\twrong\tgenerated\t"Dogs "" all "" "\tDogs run . <eos>
"""
GOLD = """\
L!NOUN!A!B\t3\t0\t2\tVERB\tx\tsits\tsit\tsit\t1\tNOUN\tThe cat
R!VERB!A!B\t3\t1\t4\tVERB\tx\trun\truns\trun\t0\tNOUN\tDogs " all "
"""
SENTENCES = 'The cat sits on mats . <eos>\nDogs " all " run . <eos>\n'


def write(tmp_path, text, name="set.txt"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def blimp(**fields):
    return json.dumps({"sentence_good": "a", "sentence_bad": "b", "field": "syntax"} | fields)


def test_blimp_is_read_as_it_is(tmp_path):
    lines = [blimp(UID="island", pairID="0"), blimp(UID="island", pairID="1"), "", blimp()]
    path = write(tmp_path, "\n".join(lines) + "\n", "wh.jsonl")
    assert [pair[:4] for pair in read_pairs(path)] == [
        ("a", "b", "island", "0"),
        ("a", "b", "island", "1"),
        ("a", "b", "wh", "3"),
    ]
    assert {pair.group for pair in read_pairs(path, "field")} == {"syntax"}


@pytest.mark.parametrize("header", ["", "good\tbad\tgroup\n", "good\tbad\n"])
def test_tab_separated_pairs_may_have_a_header_and_a_group(tmp_path, header):
    path = write(tmp_path, f"{header}a b\tb a\torder\nc\td\r\n")
    assert [pair[:4] for pair in read_pairs(path)] == [
        ("a b", "b a", "order", "1"),
        ("c", "d", "set", "2"),
    ]


@pytest.mark.parametrize(
    ("header", "row", "group"),
    [
        ("Good\tBAD", "a b\tb a", "set"),
        ("sentence_good\tsentence_bad", "a b\tb a", "set"),
        ("item\tgood\tbad", "1\ta b\tb a", "set"),
        ("good\tbad\ttype", "a b\tb a\tx", "x"),
        ("\tgroup\tbad\tgood", "0\tx\tb a\ta b", "x"),
        ("bad\tfield\t good\tUID\tgroup", "b a\ty\ta b\tx", "x"),
        ("sentence_bad\tfield\tsentence_good\tgroup", "b a\ty\ta b\tx", "x"),
    ],
)
def test_a_header_names_the_columns(tmp_path, header, row, group):
    path = write(tmp_path, f"{header}\n\n{row}\n{row}\n")
    assert [pair[:4] for pair in read_pairs(path)] == [
        ("a b", "b a", group, "1"),
        ("a b", "b a", group, "2"),
    ]
    if "field" in header:
        assert {pair.group for pair in read_pairs(path, "field")} == {"y"}


def test_an_agreement_set_ends_with_the_forms(tmp_path):
    assert [pair[:4] for pair in read_pairs(write(tmp_path, AGREEMENT))] == [
        ("The cat on mats sits", "The cat on mats sit", "L__NOUN_VERB", "3_0"),
        ('Dogs " all "  run', 'Dogs " all "  runs', "R__VERB", "3_1"),
    ]


def test_sentences_of_an_agreement_set_are_in_the_file_beside_it(tmp_path):
    write(tmp_path, SENTENCES, "set.text")
    assert [pair[:4] for pair in read_pairs(write(tmp_path, GOLD, "set.gold"))] == [
        ("The cat sits", "The cat sit", "L!NOUN!A!B", "3_0"),
        ('Dogs " all " run', 'Dogs " all " runs', "R!VERB!A!B", "3_1"),
    ]
    short = write(tmp_path, "2\tsits\tsit\t1\n4\trun\truns\t0\n", "set.gold")
    assert [pair[:4] for pair in read_pairs(short)] == [
        ("The cat sits", "The cat sit", "1 attractors", "1"),
        ('Dogs " all " run', 'Dogs " all " runs', "0 attractors", "2"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOLD + GOLD, "line 3, has no sentence in set.text"),
        ("2\tsits\n", "line 1, has not the columns of an agreement set"),
        ("x\tsits\tsit\t1\n", "line 1, has no position of a word in column 1"),
        ("9" * 5000 + "\tsits\tsit\t1\n", "line 1, has no position of a word in column 1"),
    ],
)
def test_a_bad_line_of_an_agreement_set_is_named(tmp_path, text, message):
    write(tmp_path, SENTENCES, "set.text")
    with pytest.raises(RnnreplError, match=re.escape(message)):
        list(read_pairs(write(tmp_path, text, "set.gold")))


def test_progress_ends_at_the_end_of_the_file(tmp_path):
    path = write(tmp_path, "é\tb\nc\td\n")
    assert [pair.end for pair in read_pairs(path)] == [5, 9] and path.stat().st_size == 9


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\n\nc\n", "line 3, is not good<TAB>bad"),
        ("a\tb\nc\t \n", "line 2, is not good<TAB>bad"),
        ("a\tb\tc\td\n", "line 1, is not good<TAB>bad"),
        (blimp() + '\n{"sentence_good": 1, "sentence_bad": "a"}\n', "line 2, lacks the text"),
        (blimp() + "\n[1]\n", "line 2, is not a JSON object"),
        (blimp() + "\n{\n", "line 2, is not valid JSON"),
        ("{" * 100_000, "line 1, is not valid JSON"),
        ('{"a":' * 100_000, "line 1, is not valid JSON"),
        (AGREEMENT.replace("wrong", "correct"), "line 3, does not follow"),
        (AGREEMENT.rsplit("\n", 2)[0] + "\n", "ends before the wrong form"),
        (AGREEMENT + "R__VERB\t3\n", "line 6, has too few columns"),
        (AGREEMENT + "x" * 200_000, "line 6, has too few columns"),
        ("good\tbad\n", "has no pairs"),
        ("item\tgood\tbad\n1\ta\tb\tc\n", "line 2, has more cells than the header"),
        ("item\tgood\tbad\n1\ta\n", "line 2, has no text in the column of the good or the bad"),
        ("item\tright\twrong\n1\ta\tb\n", "line 2, has a number for a good sentence"),
        ("", "has no pairs"),
    ],
)
def test_a_bad_line_is_named(tmp_path, text, message):
    with pytest.raises(RnnreplError, match=re.escape(message)):
        list(read_pairs(write(tmp_path, text)))
