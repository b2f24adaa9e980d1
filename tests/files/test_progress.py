from rnnrepl.files import progress
from rnnrepl.files.progress import Progress, listening, report, reporting


def test_listeners_get_what_is_reported_while_they_listen():
    heard = []
    with listening(heard.append):
        report(Progress(1, 2, "reading"))
    report(Progress(2, 2, "reading"))
    assert heard == [Progress(1, 2, "reading")]


def test_progress_reaches_another_process_through_a_file(tmp_path, monkeypatch):
    file = tmp_path / "progress"
    file.touch()
    assert progress.reported(file) is None
    monkeypatch.setenv(progress.VARIABLE, str(file))
    with reporting():
        report(Progress(10**9, 10**10, "encoding the text"))
        report(Progress(2, 3, "too soon after the last"))
        assert progress.reported(file) == Progress(10**9, 10**10, "encoding the text")
        report(Progress(10**9, 10**9, "the end is never too soon"))
    report(Progress(3, 3))
    assert progress.reported(file).done == 10**9


def test_a_file_that_cannot_be_written_or_read_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "none" / "file"))
    with reporting():
        report(Progress(1, 2))
    assert progress.reported(tmp_path / "none" / "file") is None
    (tmp_path / "damaged").write_text("x y")
    assert progress.reported(tmp_path / "damaged") is None
