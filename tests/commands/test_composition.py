"""Every command that reads a text says if it composed letters, on stderr."""

import unicodedata

import pytest

from rnnrepl.cli import main
from rnnrepl.files import paths
from rnnrepl.tokenizer.composition import COMPOSED
from tests import tiny

TEXT = "고양이가 앉았다. 강아지가 잔다.\n"
ON_TEXTS = [
    "score TEXT",
    "score --format json TEXT",
    "score --file FILE --carry",
    "next TEXT",
    "next --among TEXT",
    "compare tiny other TEXT",
    "gen --length 2 TEXT",
    "gen --length 2 --count 2 TEXT",
    "sampler TEXT",
    "activations TEXT",
    "activations --file FILE --out values.npz",
    "why TEXT",
    "steps TEXT",
    "tokenize --model tiny TEXT",
]
ON_FILES = [
    "eval FILE",
    "pairs PAIRS",
    "gates FILE",
    "nearest FILE --text TEXT",
    "ablate FILE --rank 1",
]


@pytest.mark.parametrize("line", [*ON_TEXTS, *ON_FILES])
def test_a_decomposed_text_is_said_once_to_be_read_as_composed(line, tmp_path, monkeypatch, capsys):
    for name in ("tiny", "other"):
        tiny.write(paths.user_models() / name, text=TEXT * 2)
    words = line.split() + ([] if "tiny" in line else ["--model", "tiny"])
    for form, times in (("NFC", 0), ("NFD", 1)):
        folder = tmp_path / form
        folder.mkdir()
        monkeypatch.chdir(folder)
        text = unicodedata.normalize(form, TEXT)
        (folder / "text.txt").write_text(text * 30, encoding="utf-8")
        (folder / "pairs.tsv").write_text(text.strip() + "\t" + text[:-3] + "\n", encoding="utf-8")
        values = {"TEXT": text.strip(), "FILE": "text.txt", "PAIRS": "pairs.tsv"}
        assert main([values.get(word, word) for word in words]) == 0
        stdout, stderr = capsys.readouterr()
        assert stderr.count(COMPOSED.text) == times, (line, stderr)
        assert COMPOSED.text not in stdout
