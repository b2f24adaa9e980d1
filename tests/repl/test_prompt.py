from threading import Event

import numpy as np
import pytest

from rnnrepl.files import paths
from rnnrepl.generation.request import GenerationRequest
from tests import tiny
from tests.repl.conftest import LEAVE

ESCAPE, ENTER, CTRL_C, UP = "\x1b", "\r", "\x03", "\x1b[A"
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"


@pytest.fixture
def executed(monkeypatch):
    """The lines that the line editor returned."""
    lines = []
    monkeypatch.setattr("rnnrepl.repl.prompt.execute", lambda line, *_: lines.append(line))
    return lines


def test_the_model_continues_a_line(type_keys, session):
    stdout, _ = type_keys("the cat", ENTER)
    assert stdout.startswith("the cat") and len(stdout) == len("the cat") + 5
    assert session.context is not None


def test_the_context_carries_over_between_lines(type_keys, session):
    type_keys("the", ENTER, " cat", ENTER)
    both = session.context
    session.reset()
    first = session.model.stream(GenerationRequest("the", length=5), seed=1)
    list(first)
    second = session.model.stream(
        GenerationRequest(" cat", length=5), seed=1, context=first.context
    )
    list(second)
    np.testing.assert_allclose(both.state, second.context.state, atol=1e-6)


def test_an_empty_line_continues_further(type_keys):
    assert len(type_keys(ENTER)[0]) == 5


def test_the_text_of_a_command_is_verbatim(type_keys):
    stdout, _ = type_keys(':score --unit nats  the  "cat', ENTER)
    assert '"""cat' not in stdout and "--unit" not in stdout
    assert [row.split("\t")[2] for row in stdout.splitlines()[1:5]] == [" ", "t", "h", "e"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (":scor x", "There is no command 'scor'. Did you mean 'score'?"),
        (":blub x", "There is no command 'blub'. :help lists them."),
        (":set turn x", "A template of turns has {name} and then {text}"),
        (":set bias x", "bias must be TOKEN=NUMBER, not 'x'."),
        (":", "No command after the colon; :help lists the commands."),
        (":score --tpo 3 x", "There is no score option '--tpo'. Did you mean '--top'?"),
        (":load nowhere", "There is no model 'nowhere'."),
    ],
)
def test_a_user_error_is_a_sentence_and_does_not_end_the_prompt(type_keys, line, complaint):
    stdout, stderr = type_keys(line, ENTER, "the", ENTER)
    assert complaint in stderr and "Traceback" not in stderr
    assert stdout.startswith("the")


def test_a_bug_is_a_traceback_and_does_not_end_the_prompt(type_keys, session, monkeypatch):
    monkeypatch.setattr(session, "reset", lambda: 1 / 0)
    stdout, stderr = type_keys(":reset", ENTER, "the", ENTER)
    assert "Traceback" in stderr and "ZeroDivisionError" in stderr and "report" in stderr
    assert stdout.startswith("the")


def test_ctrl_c_stops_a_command_and_keeps_its_results(type_keys, session, screen, monkeypatch):
    written = screen.stdout.write

    def interrupted(text):
        written(text)
        if len(screen.stdout.getvalue()) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(screen.stdout, "write", interrupted)
    type_keys("the", ENTER)
    assert session.context is not None
    kept = session.context
    reached = session.model.stream(GenerationRequest("the", length=2), seed=1)
    list(reached)
    np.testing.assert_allclose(kept.state, reached.context.state, atol=1e-6)


def test_ctrl_c_clears_a_line(executed, type_keys):
    type_keys("discarded", CTRL_C, "sent", ENTER)
    assert executed == ["sent"]


def test_ctrl_c_on_an_empty_line_says_how_to_leave(executed, type_keys):
    _, stderr = type_keys(CTRL_C, "x", ENTER)
    assert "Ctrl-D leaves" in stderr.splitlines()[2] and executed == ["x"]


def test_quit_leaves(type_keys, session):
    type_keys(":quit", ENTER)
    assert session.over


def test_escape_enter_inserts_a_newline(executed, type_keys):
    type_keys("one", ESCAPE, ENTER, "two", ENTER)
    assert executed == ["one\ntwo"]


def test_pasted_lines_are_a_single_input(executed, type_keys):
    type_keys(PASTE_BEGINS, "one\ntwo\n", PASTE_ENDS, "three", ENTER)
    assert executed == ["one\ntwo\nthree"]


def test_the_history_is_kept_between_sessions(executed, type_keys):
    type_keys("first", ENTER)
    type_keys(UP, ENTER)
    assert executed == ["first", "first"]
    assert (paths.user_state() / "history").stat().st_mode & 0o777 == 0o600


def test_a_broken_model_does_not_end_the_prompt(type_keys, session):
    (paths.user_models() / "tiny" / "weights.safetensors").write_bytes(b"broken")
    _, stderr = type_keys("the", ENTER, ":load words", ENTER)
    assert "tiny" in stderr and "Traceback" not in stderr
    assert session.name == "words"


def test_the_color_setting_applies_to_the_line_editor(type_keys, session, monkeypatch):
    from prompt_toolkit.output import ColorDepth

    from rnnrepl.repl import prompt

    depths = []
    real = prompt.depth
    monkeypatch.setattr(prompt, "depth", lambda screen: depths.append(real(screen)) or depths[-1])
    type_keys(":set color always", ENTER, ":set color never", ENTER, LEAVE)
    assert depths == [ColorDepth.DEPTH_1_BIT, ColorDepth.DEPTH_8_BIT, ColorDepth.DEPTH_1_BIT]


def test_newer_weights_are_loaded_before_the_next_line(type_keys, session):
    assert session.model
    tiny.write(paths.user_models() / "tiny", seed=3)
    _, stderr = type_keys(":set unit nats", ENTER, "the", ENTER)
    assert stderr.count("tiny has newer weights; the conversation goes on.") == 1


def test_leaving_mentions_a_run_that_is_still_starting(type_keys, monkeypatch):
    over = Event()

    def nothing():
        over.wait()
        yield from ()

    def execute(line, session, screen):
        session.dialogs.run_in_background(nothing())

    monkeypatch.setattr("rnnrepl.repl.prompt.execute", execute)
    _, stderr = type_keys("x", ENTER)
    over.set()
    assert stderr.endswith("is still starting; `rnnrepl runs` will list it.\n")
