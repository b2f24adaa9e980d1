"""Lines that are probably not meant as they are typed."""

import pytest

from tests.repl.test_prompt import ENTER, ESCAPE


@pytest.mark.parametrize("line", [":exit", ":q", ":quit"])
def test_the_prompt_has_three_names_for_its_way_out(type_keys, session, line):
    type_keys(line, ENTER)
    assert session.over


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("help", ":help lists the commands."),
        (" ? ", ":help lists the commands."),
        ("exit", ":quit or Ctrl-D leaves."),
        ("quit", ":quit or Ctrl-D leaves."),
        ("exit()", ":quit or Ctrl-D leaves."),
        ("/help", "Commands begin with a colon, as in :help."),
        ("/score the cat", "Commands begin with a colon, as in :score."),
        ("rnnrepl train book.txt", "Commands begin with a colon, as in :train."),
    ],
)
def test_a_command_without_its_colon_gets_a_hint(type_keys, session, line, expected):
    stdout, stderr = type_keys(line, ENTER)
    assert expected in stderr and stdout == "" and session.context is None


@pytest.mark.parametrize(
    "line",
    [
        *(
            "help me",
            "exit, pursued by a bear",
            "/ a path",
            "/nowhere",
            "/",
            "rnnrepl",
            "rnnrepl is",
        ),
        *("!", "!ls -l", "q", "bye"),
    ],
)
def test_other_text_goes_to_the_model(type_keys, line):
    stdout, _ = type_keys(line, ENTER)
    assert stdout.startswith(line)


def test_commands_that_are_pasted_at_once_run_one_by_one(type_keys, session):
    stdout, _ = type_keys(":set length 3", ESCAPE, ENTER, "> :score hi", ENTER)
    assert session.settings["length"] == 3 and "sentence_id\t" in stdout


@pytest.mark.parametrize("mark", ["> ", ""])
def test_a_pasted_block_that_begins_with_a_command_runs_line_by_line(type_keys, session, mark):
    block = [":set length 3", "", "the cat", ":retry"]
    type_keys(*(f"{mark}{line}\x1b\r" for line in block), ENTER)
    texts = [node.text for node in session.conversation.nodes.values() if node.kind == "typed"][1:]
    assert session.settings["length"] == 3 and texts == ["the cat"]
    assert len(session.conversation.nodes) == 4


def test_a_pasted_text_that_begins_with_no_command_stays_one(type_keys, session):
    type_keys("> the cat", ESCAPE, ENTER, "> :set length 3", ENTER)
    assert session.settings["length"] == 5
    assert session.conversation.branch[0].text == "> the cat\n> :set length 3"


def test_the_text_of_a_command_may_have_line_breaks(type_keys):
    stdout, _ = type_keys(":gen --length 3 the", ESCAPE, ENTER, "cat", ENTER)
    assert stdout.startswith("the\ncat")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (":exi", "Did you mean 'exit'?"),
        (":q!", "Did you mean 'quit'?"),
        (":clear", "Did you mean 'reset'?"),
        (":SCORE a", "Did you mean 'score'?"),
        (":temperature 0.7", "not a command but a setting: type :set temperature 0.7."),
        (":top-k", "not a command but a setting: type :set top-k."),
    ],
)
def test_an_unknown_command_suggests_what_is_meant(type_keys, line, message):
    _, stderr = type_keys(line, ENTER)
    assert message in " ".join(stderr.split())


def test_no_pasted_command_runs_after_the_session(type_keys, session):
    type_keys(":quit", ESCAPE, ENTER, ":set length 3", ENTER)
    assert session.over and session.settings["length"] == 5


def test_no_command_runs_after_one_that_failed(type_keys, session):
    _, stderr = type_keys(":set length x", ESCAPE, ENTER, ":set seed 3", ENTER)
    assert "takes a whole number" in stderr and session.settings["seed"] == 1


@pytest.mark.parametrize("line", [" :set length 3", "> set length 3"])
def test_what_only_resembles_a_command_is_text(type_keys, session, line):
    stdout, _ = type_keys(line, ENTER)
    assert stdout.startswith(line) and session.settings["length"] == 5


def test_a_command_that_is_copied_with_its_prompt_runs(type_keys, session):
    type_keys("> :set length 3", ENTER)
    assert session.settings["length"] == 3


def test_dashes_say_that_an_option_is_part_of_the_text(type_keys):
    _, stderr = type_keys(":gen --length 3 -- --seed", ENTER)
    assert "is part of the text" not in stderr


def test_a_command_that_writes_a_file_does_not_list_other_files(type_keys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    _, stderr = type_keys(":save", ENTER)
    assert ":save needs FILE." in stderr and "notes" not in stderr


def test_an_option_in_free_text_is_pointed_out(type_keys):
    stdout, stderr = type_keys(":gen the --length 30", ENTER)
    assert stdout.startswith("the --length 30")
    assert "--length is part of the text here; options come before it" in stderr
    assert (
        "part of the text"
        not in type_keys(":gen --length 3 the --nonsense -- x", ENTER)[1][len(stderr) :]
    )


def test_a_command_without_its_argument_lists_what_there_is(type_keys):
    _, stderr = type_keys("the", ENTER, ":load", ENTER, ":goto", ENTER)
    stderr = " ".join(stderr.split())
    assert ":load needs MODEL. Available: " in stderr and "tiny, words" in stderr
    assert ":goto needs NODE. Available: 0, 1, 2." in stderr


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("scor", "score"), ("tpo", "top"), ("exit", ""), ("toknize", "tokenize"), ("--spell", "")],
)
def test_only_near_names_are_suggested(typed, meant):
    from rnnrepl.errors import nearest

    assert nearest(typed, ["next", "score", "top", "tokenize", "--help"]) == meant
