import pytest

from rnnrepl.repl.script import run_script


@pytest.fixture
def run(session, screen):
    def run(*lines):
        code = run_script(iter(lines), session, screen)
        return code, screen.stdout.getvalue(), screen.stderr.getvalue()

    return run


def test_lines_are_run_one_by_one(run):
    code, stdout, stderr = run("the cat", ":score a", "")
    first, header, row = stdout.splitlines()
    assert (
        first.startswith("the cat") and header.startswith("sentence_id") and row[:4] == "1\t1\t"[:4]
    )
    assert code == 0 and stderr.startswith("seed 1 · 5 tokens · ")


def test_each_line_ends_before_the_next_begins(run):
    assert len(run("the", "cat")[1].splitlines()) == 2


def test_after_a_failed_line_the_others_still_run(run):
    code, stdout, stderr = run(":nonsense", ":score a")
    assert code == 1 and "no command 'nonsense'" in stderr and stdout.startswith("sentence_id")


def test_quit_ends_the_script(run):
    assert run(":quit", "the") == (0, "", "")


def test_blank_lines_do_nothing(run, session):
    assert run("", "  ") == (0, "", "") and session.context is None


def test_the_context_carries_over(run, session):
    run("the")
    assert session.context is not None


def test_ctrl_c_ends_the_whole_script(run, session, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "reset", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(":reset", "the")


def test_messages_name_commands_as_typed_at_the_prompt(run):
    _, _, stderr = run(":watch", ":runs", ":convert", ":eval --nonsense")
    assert stderr.splitlines() == [
        "No run is in progress: :runs lists the runs that have ended.",
        "There are no runs yet: :train starts one.",
        ":convert needs --to and --out. See :help convert.",
        "There is no eval option '--nonsense'. See :help eval.",
    ]
