"""`train`: in this process at the shell, in one of its own at the prompt."""

import signal
from pathlib import Path

import pytest

from rnnrepl.commands.runs import runs
from rnnrepl.commands.stop import stop
from rnnrepl.commands.train import train
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.files.progress import Progress
from rnnrepl.grammar.parser import parse_line
from rnnrepl.results.session import Notice
from rnnrepl.training.runs.events import RunEnded, RunLeft, RunStarted

SMALL = {"layers": 1, "hidden": 8, "batch": 2, "bptt": 8, "device": "cpu"}


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    path = tmp_path / "small.txt"
    path.write_text("the cat sat on the mat.\n" * 40)
    return path


@pytest.fixture
def told(session):
    """The records of a run, as they come."""

    def told(corpus=(), **given):
        values = session.settings.complete(train, {"corpus": corpus} | SMALL | given)
        records = train.records(session, values)
        if session.interface == "prompt":
            assert "etting ready" in next(records).text
        return (record for record in records if not isinstance(record, Progress))

    return told


@pytest.mark.needs_torch
def test_the_shell_tells_the_run_from_start_to_end(told, corpus, tmp_path):
    events = list(told((corpus,), epochs=1, out=tmp_path / "run"))
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunEnded) and events[-1].stopped == "done"
    assert (tmp_path / "run" / "model.json").is_file()


@pytest.mark.needs_torch
def test_without_a_file_it_says_what_it_trains_on(session):
    values = session.settings.complete(train, SMALL | {"minutes": 1})
    events = train.records(session, values)
    notice = next(events).text
    assert "Python language reference with --minutes 1" in notice and "Ctrl-C stops" in notice
    events.close()


@pytest.mark.needs_torch
def test_ctrl_c_at_the_shell_keeps_what_was_learnt(told, corpus, tmp_path):
    events = told((corpus,), minutes=5, out=tmp_path / "run")
    next(events)
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        list(events)
    assert (tmp_path / "run" / "model.json").is_file()


@pytest.mark.needs_torch
def test_the_prompt_follows_a_process_and_loads_what_it_made(told, corpus, prompt):
    *_, ended, notice = told((corpus,), epochs=1)
    folder = paths.user_models() / "small-char"
    assert ended.run == str(folder) and ended.stopped == "done"
    assert notice == Notice("Loaded small-char; a new conversation begins.")
    assert prompt.model.path == folder and prompt.name == "small-char"


@pytest.mark.needs_torch
def test_ctrl_c_while_a_run_gets_ready_says_so(told, corpus, prompt, tmp_path):
    events = told((corpus,), minutes=5, out=tmp_path / "run", tokenizer="char")
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, 0.3)  # the process needs seconds for its imports
    records = []
    with pytest.raises(KeyboardInterrupt):
        records += [next(events)]
        records += [next(events)]
    assert records == [Notice("Interrupted while the run was getting ready; nothing was trained.")]
    assert prompt.name == "tiny"


@pytest.mark.needs_torch
def test_ctrl_c_at_the_shell_while_a_run_gets_ready_says_so(told, corpus, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr("rnnrepl.commands.train.events", interrupted)
    events = told((corpus,))
    assert "nothing was trained" in next(events).text
    with pytest.raises(KeyboardInterrupt):
        next(events)


@pytest.mark.needs_torch
def test_ctrl_c_at_the_prompt_ends_the_process_and_loads_what_it_made(
    told, corpus, prompt, tmp_path
):
    before = signal.getsignal(signal.SIGINT)
    events = told((corpus,), minutes=5, out=tmp_path / "run")
    assert isinstance(next(events), RunStarted)
    signal.raise_signal(signal.SIGINT)
    *_, ended, _ = events
    assert ended.stopped == "interrupted"
    assert prompt.model.path == tmp_path / "run"
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.needs_torch
def test_a_run_in_the_background_leaves_the_prompt_and_the_session_as_they_were(
    told, corpus, prompt, run
):
    (notice,) = told((corpus,), minutes=5, background=True)
    assert notice.text.startswith("small-char trains in the background; `rnnrepl watch small-char`")
    assert prompt.name == "tiny"
    assert [info.state for info in run(runs)] == ["running"]
    assert "stopped" in run(stop)[-1].text


@pytest.mark.needs_torch
def test_ctrl_z_leaves_the_run_on_its_own(told, corpus, prompt, run):
    events = told((corpus,), minutes=5)
    assert isinstance(next(events), RunStarted)
    signal.raise_signal(signal.SIGTSTP)
    *_, left, ways = events
    assert left == RunLeft("small-char") and "`rnnrepl stop small-char` ends it" in ways.text
    assert prompt.name == "tiny"
    assert "stopped" in run(stop, run="small-char")[-1].text


@pytest.mark.needs_torch
def test_a_run_in_the_background_that_cannot_begin_says_why_at_once(told, prompt):
    with pytest.raises(RnnreplError, match="There is no file"):
        list(told((Path("missing.txt"),), epochs=1, background=True))


@pytest.mark.needs_torch
def test_a_run_that_fails_says_why_and_leaves_the_session_as_it_was(told, prompt):
    with pytest.raises(RnnreplError, match="There is no file"):
        list(told((Path("missing.txt"),), epochs=1))
    assert prompt.name == "tiny"


def test_the_options_of_a_run_are_checked_before_anything_begins(told, corpus):
    with pytest.raises(RnnreplError, match="--layers must be at least 1"):
        list(told((corpus,), layers=0))


def test_a_tilde_is_the_home_folder():
    assert parse_line(train, "~/text.txt") == {"corpus": (Path("~/text.txt").expanduser(),)}


@pytest.mark.needs_torch
@pytest.mark.parametrize("option", ["corpus", "valid"])
def test_a_missing_text_is_the_first_thing_said(told, corpus, prompt, option):
    given = {"corpus": (corpus,), "valid": Path("missing.txt")}
    given = {"corpus": (Path("missing.txt"),)} if option == "corpus" else given
    with pytest.raises(RnnreplError, match=r"There is no file 'missing\.txt'"):
        told(**given)  # takes the first record only


@pytest.mark.needs_torch
def test_a_run_is_resumed_by_its_name(told, corpus, session):
    folder = paths.user_models() / "small-char"
    records = told((corpus,), out=folder, epochs=200.0)
    next(record for record in records if isinstance(record, RunStarted))
    records.close()
    values = session.settings.complete(train, {"resume": "small-char"})
    started = next(iter(train.records(session, values)))
    assert isinstance(started, RunStarted) and started.resumed
    with pytest.raises(RnnreplError, match="There is no run 'medium'"):
        next(iter(train.records(session, values | {"resume": "medium"})))
