from threading import Event

import pytest

from rnnrepl.files import paths
from rnnrepl.generation.request import GenerationRequest
from tests import tiny
from tests.repl.conftest import LEAVE

ESCAPE, ENTER, CTRL_C, UP = "\x1b", "\r", "\x03", "\x1b[A"
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"


@pytest.fixture
def obeyed(monkeypatch):
    """The lines that came out of the line editor."""
    found = []
    monkeypatch.setattr("rnnrepl.repl.prompt.obey", lambda line, *_: found.append(line))
    return found


def test_a_line_is_continued_by_the_model(talk, session):
    stdout, _ = talk("the cat", ENTER)
    assert stdout.startswith("the cat") and len(stdout) == len("the cat") + 5
    assert session.context is not None


def test_the_context_carries_over_from_line_to_line(talk, session):
    talk("the", ENTER, " cat", ENTER)
    both = session.context
    session.reset()
    first = session.model.stream(GenerationRequest("the", length=5), seed=1)
    list(first)
    second = session.model.stream(
        GenerationRequest(" cat", length=5), seed=1, context=first.context
    )
    list(second)
    assert (both.state == second.context.state).all()


def test_an_empty_line_lets_the_model_go_on(talk):
    assert len(talk(ENTER)[0]) == 5


def test_a_colon_makes_a_command_with_its_text_verbatim(talk):
    stdout, _ = talk(':score --unit nats  the  "cat', ENTER)
    assert '"""cat' not in stdout and "\tnats" not in stdout
    assert [row.split("\t")[2] for row in stdout.splitlines()[1:5]] == [" ", "t", "h", "e"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (":scor x", "There is no command 'scor'. Did you mean 'score'?"),
        (":", "A command follows the colon; :help lists them."),
        (":score --tpo 3 x", "There is no score option '--tpo'. Did you mean '--top'?"),
        (":load nowhere", "There is no model 'nowhere'."),
    ],
)
def test_a_mistake_costs_one_sentence_and_the_prompt_lives_on(talk, line, complaint):
    stdout, stderr = talk(line, ENTER, "the", ENTER)
    assert complaint in stderr and "Traceback" not in stderr
    assert stdout.startswith("the")


def test_a_bug_is_shown_whole_and_the_prompt_lives_on(talk, session, monkeypatch):
    monkeypatch.setattr(session, "reset", lambda: 1 / 0)
    stdout, stderr = talk(":reset", ENTER, "the", ENTER)
    assert "Traceback" in stderr and "ZeroDivisionError" in stderr and "report" in stderr
    assert stdout.startswith("the")


def test_ctrl_c_stops_what_runs_and_keeps_what_it_had_reached(talk, session, screen, monkeypatch):
    written = screen.stdout.write

    def interrupted(text):
        written(text)
        if len(screen.stdout.getvalue()) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(screen.stdout, "write", interrupted)
    talk("the", ENTER)
    assert session.context is not None
    kept = session.context
    reached = session.model.stream(GenerationRequest("the", length=2), seed=1)
    list(reached)
    assert (kept.state == reached.context.state).all()


def test_ctrl_c_clears_a_line(obeyed, talk):
    talk("never meant", CTRL_C, "meant", ENTER)
    assert obeyed == ["meant"]


def test_ctrl_c_on_an_empty_line_says_how_to_leave(obeyed, talk):
    _, stderr = talk(CTRL_C, "x", ENTER)
    assert "Ctrl-D leaves" in stderr.splitlines()[2] and obeyed == ["x"]


def test_quit_leaves(talk, session):
    talk(":quit", ENTER)
    assert session.over


def test_escape_enter_breaks_the_line(obeyed, talk):
    talk("one", ESCAPE, ENTER, "two", ENTER)
    assert obeyed == ["one\ntwo"]


def test_a_pasted_text_stays_one_input(obeyed, talk):
    talk(PASTE_BEGINS, "one\ntwo\n", PASTE_ENDS, "three", ENTER)
    assert obeyed == ["one\ntwo\nthree"]


def test_what_was_typed_is_there_next_time(obeyed, talk):
    talk("first", ENTER)
    talk(UP, ENTER)
    assert obeyed == ["first", "first"]
    assert (paths.user_state() / "history").stat().st_mode & 0o777 == 0o600


def test_a_model_that_cannot_be_opened_is_told_and_the_prompt_lives_on(talk, session):
    (paths.user_models() / "tiny" / "weights.safetensors").write_bytes(b"broken")
    _, stderr = talk("the", ENTER, ":load words", ENTER)
    assert "tiny" in stderr and "Traceback" not in stderr
    assert session.name == "words"


def test_the_colour_setting_rules_the_line_editor_too(talk, session, monkeypatch):
    from prompt_toolkit.output import ColorDepth

    from rnnrepl.repl import prompt

    depths = []
    real = prompt.depth
    monkeypatch.setattr(prompt, "depth", lambda screen: depths.append(real(screen)) or depths[-1])
    talk(":set color always", ENTER, ":set color never", ENTER, LEAVE)
    assert depths == [ColorDepth.DEPTH_1_BIT, ColorDepth.DEPTH_8_BIT, ColorDepth.DEPTH_1_BIT]


def test_the_next_line_finds_newer_weights_and_says_so(talk, session):
    assert session.model
    tiny.write(paths.user_models() / "tiny", seed=3)
    _, stderr = talk(":set unit nats", ENTER, "the", ENTER)
    assert stderr.count("tiny has newer weights; the conversation goes on.") == 1


def test_who_leaves_while_a_run_gets_ready_hears_that_it_goes_on(talk, monkeypatch):
    over = Event()

    def nothing():
        over.wait()
        yield from ()

    begun = "rnnrepl.repl.prompt.obey", lambda _, session, __: session.dialogs.behind(nothing())
    monkeypatch.setattr(*begun)
    _, stderr = talk("x", ENTER)
    over.set()
    assert stderr.endswith("is getting ready goes on; `rnnrepl runs` lists it then.\n")
