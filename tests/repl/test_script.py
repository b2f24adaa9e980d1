import pytest

from rnnrepl.repl.script import play


@pytest.fixture
def played(session, screen):
    def played(*lines):
        code = play(iter(lines), session, screen)
        return code, screen.stdout.getvalue(), screen.stderr.getvalue()

    return played


def test_lines_are_run_one_by_one(played):
    code, stdout, stderr = played("the cat", ":score a", "")
    first, header, row = stdout.splitlines()
    assert (
        first.startswith("the cat") and header.startswith("sentence_id") and row[:4] == "1\t1\t"[:4]
    )
    assert code == 0 and stderr.startswith("seed 1 · 5 tokens · ")


def test_each_line_ends_before_the_next_begins(played):
    assert len(played("the", "cat")[1].splitlines()) == 2


def test_one_failure_is_told_and_the_rest_still_runs(played):
    code, stdout, stderr = played(":nonsense", ":score a")
    assert code == 1 and "no command 'nonsense'" in stderr and stdout.startswith("sentence_id")


def test_quit_ends_it(played):
    assert played(":quit", "the") == (0, "", "")


def test_blank_lines_do_nothing(played, session):
    assert played("", "  ") == (0, "", "") and session.context is None


def test_the_context_carries_over(played, session):
    played("the")
    assert session.context is not None


def test_ctrl_c_ends_the_whole_script(played, session, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "reset", interrupted)
    with pytest.raises(KeyboardInterrupt):
        played(":reset", "the")


def test_messages_name_commands_as_the_prompt_has_them(played):
    _, _, stderr = played(":watch", ":runs", ":import", ":eval --nonsense")
    assert stderr.splitlines() == [
        "No run is in progress: :runs lists those that have ended.",
        "There are no runs yet: :train starts one.",
        "import needs FILE and --out; :import --help says more.",
        "There is no eval option '--nonsense'. :eval --help lists them.",
    ]
