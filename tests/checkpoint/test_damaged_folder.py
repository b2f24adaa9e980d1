"""Damaged model folders: each is refused with one sentence."""

import json
import os

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from rnnrepl import checkpoint
from rnnrepl.errors import RnnreplError
from tests import tiny
from tests.checkpoint.test_folder import save_bfloat16


def edit(path, **changes):
    data = json.loads(path.read_text())
    path.write_text(json.dumps(data | changes))


def refusal(folder):
    with pytest.raises(RnnreplError) as caught:
        checkpoint.read(folder)
    message = str(caught.value)
    assert str(folder) in message and "\n" not in message
    return message


@pytest.fixture
def folder(tmp_path):
    return tiny.write(tmp_path / "model")


def test_weights_that_are_whole_numbers_are_refused(folder):
    path = folder / "weights.safetensors"
    weights = load_file(path)
    weights["decoder.bias"] = weights["decoder.bias"].astype(np.int8)
    save_file(weights, path)
    assert "dtype I8" in refusal(folder)


def test_a_folder_in_the_place_of_a_file_is_named(folder):
    (folder / "weights.safetensors").unlink()
    (folder / "weights.safetensors").mkdir()
    assert "it is a folder" in refusal(folder)


def test_a_missing_folder_or_file_is_named(tmp_path, folder):
    assert "no model.json" in refusal(tmp_path / "nothing")
    (folder / "weights.safetensors").unlink()
    assert "weights.safetensors" in refusal(folder)


def test_an_unknown_format_is_refused(folder):
    edit(folder / "model.json", format=99)
    assert "format 99" in refusal(folder)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[]", b"[" * 100_000, b'{"format": 1}'])
def test_a_damaged_card_is_refused(folder, content):
    (folder / "model.json").write_bytes(content)
    refusal(folder)


@pytest.mark.parametrize(
    "network",
    [
        {"cell": "qrnn"},
        {"hidden": []},
        {"hidden": "8"},
        {"embed": -1},
        {"embed": "8"},
        {"surprise": 1},
        {"tied": True, "embed": 9},
        {"initial": "random"},
        {"tied": "no"},
        {"norm": 1},
        {"hidden": None},
        {"embed": True},
    ],
)
def test_a_network_that_makes_no_sense_is_refused(folder, network):
    card = json.loads((folder / "model.json").read_text())
    edit(folder / "model.json", network=card["network"] | network)
    refusal(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"format": True},
        {"format": 0},
        {"format": None},
        {"format": "1"},
        {"network": []},
        {"tokenizer": "char"},
        {"tokenizer": {}},
        {"tokenizer": {"name": ["char"]}},
        {"tokenizer": {"name": 5}},
        {"start": 5},
        {"figures": "good"},
        {"figures": {"bits_per_char": "good"}},
        {"origin": []},
        {"counts": [1, 2]},
        {"counts": "1 -2"},
        {"counts": "1  2"},
        {"counts": "1 2"},
        {"description": "x" * 201},
        {"description": "a\nb"},
        {"chat": {"turn": "{text}"}},
        {"chat": {"turn": "{name}: {text}\n", "speakers": ["a\x1b"]}},
        {"chat": []},
    ],
)
def test_a_card_with_a_value_of_the_wrong_kind_is_refused(folder, change):
    edit(folder / "model.json", **change)
    refusal(folder)


@pytest.mark.parametrize(
    "characters",
    [["ab"], [1] * 17, {"a": 1}, "x" * 17, None],
    ids=["two", "ints", "dict", "text", "none"],
)
def test_a_tokenizer_that_would_stumble_is_refused(folder, characters):
    data = json.loads((folder / "tokenizer.json").read_text())
    if characters == ["ab"]:
        characters = ["ab", *data["characters"][1:]]
    (folder / "tokenizer.json").write_text(json.dumps(data | {"characters": characters}))
    assert "tokenizer.json" in refusal(folder) or "tokens" in refusal(folder)


def test_weights_cut_short_are_refused(folder):
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    assert "safetensors" in refusal(folder)


def test_a_pickle_in_the_place_of_weights_is_refused_and_not_run(folder, tmp_path):
    ran = tmp_path / "ran"
    evil = f"cposix\nsystem\n(S'touch {ran}'\ntR.".encode()
    (folder / "weights.safetensors").write_bytes(evil)
    refusal(folder)
    assert not ran.exists()


@pytest.mark.parametrize("value", [np.nan, np.inf, -3e38])
def test_weights_that_are_not_finite_or_absurd_are_refused(folder, value):
    path = folder / "weights.safetensors"
    weights = load_file(path)
    weights["decoder.bias"][3] = value
    save_file(weights, path)
    assert "decoder.bias" in refusal(folder)


def test_weights_of_another_shape_are_refused(folder):
    path = folder / "weights.safetensors"
    weights = load_file(path)
    weights["decoder.bias"] = weights["decoder.bias"][1:]
    save_file(weights, path)
    assert "decoder.bias has shape" in refusal(folder)


def test_a_missing_weight_is_refused(folder):
    path = folder / "weights.safetensors"
    weights = load_file(path)
    del weights["rnn.weight_hh_l1"]
    save_file(weights, path)
    assert "lacks rnn.weight_hh_l1" in refusal(folder)


def test_a_tokenizer_that_is_not_installed_is_named_with_the_way_to_get_it(folder):
    edit(folder / "model.json", tokenizer={"name": "morphemes", "options": {}})
    message = refusal(folder)
    assert "'morphemes'" in message and "install" in message


def test_a_tokenizer_file_of_another_make_is_refused(folder):
    (folder / "tokenizer.json").write_text('{"surprise": 1}')
    assert "tokenizer.json" in refusal(folder)


def test_a_vocabulary_of_another_size_is_refused(folder, tmp_path):
    other = tiny.write(tmp_path / "other", text="abc")
    (folder / "tokenizer.json").write_bytes((other / "tokenizer.json").read_bytes())
    assert "tokens" in refusal(folder)


@pytest.mark.parametrize("start", ["eos", {"token": "xyzzy"}, {}, 7])
def test_an_unknown_start_is_refused(folder, start):
    edit(folder / "model.json", start=start)
    assert "start" in refusal(folder)


def test_other_dtypes_are_refused_by_name(folder):
    path = folder / "weights.safetensors"
    weights = {name: array.astype(np.uint8) for name, array in load_file(path).items()}
    save_bfloat16(weights, path, "F8_E4M3")
    assert "dtype F8_E4M3" in refusal(folder)


def test_weights_that_no_memory_holds_are_refused_before_they_are_read(folder, monkeypatch):
    monkeypatch.setattr("rnnrepl.files.memory.installed", lambda: 1000)
    assert "GB of memory" in refusal(folder)


@pytest.mark.parametrize("number", ["1e400", "NaN", "-Infinity", "1" + "0" * 400])
def test_a_number_that_cannot_be_shown_is_refused(folder, number):
    path = folder / "model.json"
    text = path.read_text().replace('"figures": {}', f'"figures": {{"perplexity": {number}}}')
    path.write_text(text)
    assert "absurd number" in refusal(folder)


@pytest.mark.parametrize("depth", [30, 900, 100_000])
def test_json_that_is_nested_deeply_is_refused(folder, depth):
    path = folder / "model.json"
    path.write_text(path.read_text().replace('"origin": {}', f'"origin": {nested(depth)}'))
    assert "nested too deeply" in refusal(folder) or "not JSON" in refusal(folder)
    (folder / "tokenizer.json").write_text(nested(depth))
    assert refusal(folder)


def nested(depth):
    return '{"a": ' * depth + "1" + "}" * depth


@pytest.mark.parametrize("name", ["model.json", "tokenizer.json", "weights.safetensors"])
def test_a_pipe_in_the_place_of_a_file_is_refused_at_once(folder, name):
    (folder / name).unlink()
    os.mkfifo(folder / name)
    assert f"{folder / name} cannot be read: it is a pipe, not a file." == refusal(folder)


def test_a_file_that_is_much_larger_than_the_vocabulary_is_not_read(folder):
    with (folder / "tokenizer.json").open("ab") as file:
        file.truncate(1 << 30)
    assert "it has more than" in refusal(folder)


@pytest.mark.parametrize("value", [-1, 10**9, "1", True, 1.0])
def test_a_special_id_outside_the_vocabulary_is_refused(tmp_path, value):
    folder = tiny.write(tmp_path / "model", "sentencepiece", vocabulary=290)
    edit(folder / "tokenizer.json", eos=value)
    assert "eos" in refusal(folder)
