"""The whole program in a pseudo-terminal of 80 columns."""

import re

import pytest

from rnnrepl import commands
from rnnrepl.files import paths
from rnnrepl.results.turns import TurnTemplate
from tests import tiny
from tests.training import tiny as corpora

pytest.importorskip("pty")


def test_a_session_from_the_first_prompt_to_the_last(start):
    user = start("tiny")
    lines = user.wait_for("nothing read yet")
    assert lines[0].startswith("rnnrepl ") and lines[3] == ">"
    assert lines[23].startswith(" tiny · cpu · temperature 0.8") and len(lines[23]) <= 80

    user.type(":sc")
    summary = commands.find("score").summary
    assert summary in user.wait_for(summary)[4]
    user.type("\tthe cat\r")
    user.wait_for("surprisal")
    assert b"38;5;" in user.raw  # colored

    user.type("the dog\r")
    user.wait_for("tokens read")
    user.type("the d")
    user.wait_for("> the dog")  # suggested
    user.type("\x03")
    user.type("\x03")
    user.wait_for("Ctrl-D leaves; :help")
    assert user.leave() == 0


def test_ctrl_d_leave(start):
    user = start("tiny")
    user.wait_for("nothing read yet")
    assert user.leave("\x04") == 0


def test_a_chat_has_the_name_of_its_speaker_as_the_prompt(start):
    template = TurnTemplate("{name}: {text}#\n", ("CAT", "DOG"))
    tiny.write(paths.user_models() / "talk", text="CAT: the mat#\nDOG: sat#\n", chat=template)
    user = start("talk", NO_COLOR="1")
    user.wait_for("nothing read yet")
    user.type(":set ban #\r")
    user.wait_for(":set")
    user.type(":set length 100000000\r:chat CAT DOG\r")
    user.wait_for("CAT>")
    user.type("the mat\r")
    user.wait_for("DOG> ")
    user.type("\x03")
    assert "CAT>" in user.wait_for("tokens read")
    user.type(":chat\r")
    user.wait_until(lambda lines: ">" in lines)
    assert user.leave() == 0


def test_keys_typed_while_text_streams_wait_for_the_prompt(start):
    user = start("tiny")
    user.wait_for("nothing read yet")
    user.type(":gen --length 20000 the\r")
    user.read_bytes(5000)
    user.type("QUEUED")
    user.type("\x01WAS \r")  # also keys that edit, and Enter
    user.wait_for("> WAS QUEUED")
    assert user.raw.index(b"QUEUED") == user.raw.index(b"WAS QUEUED") + 4
    user.wait_for("tokens read")
    assert user.leave() == 0


def test_unsafe_characters_are_visible_on_the_line(start):
    user = start("tiny")
    user.wait_for("nothing read yet")
    user.type("\x1b[200~a\u202eb\u200bc\U000e0001d\U000e0041\u3164\x1b[201~")
    user.wait_for("> a\\u202eb\\u200bc\\U000e0001d\\U000e0041\\u3164")
    assert "\u202e".encode() not in user.raw
    user.type("\x03")
    assert user.leave() == 0


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("printf 'caf\\351\\n' > $1", "is not UTF-8"),
        ("exit 3", "failed with exit status 3"),
        ("kill -9 $$", "failed with exit status -9"),
    ],
)
def test_the_line_stays_if_its_editor_fails(start, tmp_path, script, message):
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    user = start("tiny", VISUAL=str(editor))
    user.wait_for("nothing read yet")
    user.type("the cat\x18\x05")
    user.wait_until(lambda lines: message in " ".join(lines))
    user.type("!")
    user.wait_for("> the cat!")
    assert b"Traceback" not in user.raw
    user.type("\x03")
    assert user.leave() == 0


def test_ctrl_x_ctrl_e_submits_what_the_editor_writes(start, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "\\357\\273\\277:score the dog\\r\\n" > "$1"\n')
    editor.chmod(0o755)
    user = start("tiny", VISUAL=str(editor))
    user.wait_for("nothing read yet")
    user.type("the\x18\x05")
    assert "> :score the dog" in user.wait_for("perplexity")
    assert user.leave() == 0


def test_escape_alone_cancels_the_edit_dialog(start):
    user = start("tiny")
    user.wait_for("nothing read yet")
    user.type("the cat\r")
    user.wait_for("tokens read")
    user.type(":edit\r")
    user.wait_for(">> the cat")
    user.type("x")
    user.wait_for(">> the catx")
    user.type("\x1b")
    user.wait_for("Nothing changed.")
    assert user.leave() == 0


@pytest.mark.needs_torch
def test_the_prompt_stays_usable_during_a_background_run(start, tmp_path):
    user = start("tiny", OMP_NUM_THREADS="1")
    user.wait_for("nothing read yet")
    size = "--layers 1 --hidden 8 --batch 4 --bptt 8 --precision float32 --device cpu"
    text = corpora.corpus(tmp_path).rename(tmp_path / "moby.txt")
    user.type(f":train {text} --background --minutes 4 {size} --track so\r")
    user.wait_for("moby-char is getting ready")
    user.type("the d")
    user.wait_for("moby-char trains in the background; :watch moby-char")  # above the line
    user.wait_until(lambda lines: "> the d" in lines)
    user.wait_for(" moby-char ")  # below it
    user.type("og\r")
    user.wait_for("tokens read")  # by the model that was there

    user.type(":watch\r")
    user.wait_for("│ track –")
    user.wait_until(lambda lines: any(re.match(r"│ track \S+ bits, ", line) for line in lines))
    user.type("\x03")
    user.type(":load moby-char\r")
    user.wait_for("moby-char: lstm 1×8")
    user.type(":score so it is.\r")
    user.wait_for("start zeros")

    user.type(":stop\r")
    user.wait_for("moby-char: stopped, model saved")
    user.type(":runs\r")
    user.wait_for(" stopped ")
    assert user.leave() == 0


def test_no_color_disables_colors(start):
    user = start("tiny", NO_COLOR="1")
    user.wait_for("nothing read yet")
    user.type(":score the cat\r")
    user.wait_for("surprisal")
    assert b"38;5;" not in user.raw and b"38;2;" not in user.raw and b"\x1b[31m" not in user.raw
    assert user.leave() == 0


def test_a_dumb_terminal_works_without_escape_codes(start):
    user = start("tiny", TERM="dumb")
    user.wait_until(lambda lines: ">" in lines)
    user.type(":score the cat\r")
    user.wait_for("digits: surprisal in bits")
    user.wait_until(lambda lines: ">" in lines)
    assert b"\x1b[" not in user.raw
    assert user.leave() == 0


def test_the_prompt_is_on_the_terminal_if_stdout_is_a_file(start, tmp_path):
    with (tmp_path / "out.txt").open("wb") as file:
        user = start("tiny", stdout=file)
        user.wait_for("nothing read yet")
        user.type(":score --format json the cat\r")
        user.type("the\r")
        user.wait_for("tokens read")
        assert user.leave() == 0
    score, text = (tmp_path / "out.txt").read_text().split("\n", 1)
    assert score.startswith('{"text": "the cat"') and text.startswith("the")
