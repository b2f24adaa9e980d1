"""Opening files: regular files only, without blocking, of bounded size."""

import os
import socket
from pathlib import Path

import pytest

from rnnrepl.files.reading import below, is_stream, open_regular, read_bytes

LIMIT = 8


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


def refusal(path, limit=LIMIT):
    with pytest.raises(OSError) as caught:
        read_bytes(path, limit)
    return caught.value.strerror


def test_a_file_of_at_most_the_limit_is_read(path):
    path.write_bytes(b"12345678")
    assert read_bytes(path, LIMIT) == b"12345678"
    assert refusal(path, 7) == "it has more than 7 bytes"


def test_a_large_file_is_refused_before_it_is_read(path):
    with path.open("wb") as file:
        file.truncate(1 << 40)  # without blocks on the disk
    assert "more than 8 bytes" in refusal(path)


def test_a_pipe_is_refused_at_once(path):
    os.mkfifo(path)
    assert refusal(path) == "it is a pipe, not a file"
    with pytest.raises(OSError, match="a pipe"):
        open_regular(path, pipes=True)  # nothing may ever write to it


def test_a_pipe_of_the_shell_is_read_where_pipes_are_allowed():
    reader, writer = os.pipe()
    path = Path(f"/dev/fd/{reader}")
    os.write(writer, b"one\ntwo\n")
    os.close(writer)
    assert is_stream(path) and refusal(path) == "it is a pipe, not a file"
    with open_regular(path, pipes=True) as file:
        assert file.readlines() == [b"one\n", b"two\n"]
    os.close(reader)


def test_devices_sockets_and_folders_are_refused(tmp_path, path):
    assert refusal(Path("/dev/zero")) == "it is a device, not a file"
    assert refusal(tmp_path) == "it is a folder"
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(os.path.relpath(path))  # such a path is at most 107 bytes long
        assert refusal(path) == "it is a socket, not a file"


def test_links_are_followed_unless_the_caller_says_not(tmp_path, path):
    path.write_bytes(b"1")
    (link := tmp_path / "link").symlink_to("file")
    assert read_bytes(link, LIMIT) == b"1"
    with pytest.raises(OSError, match="it is a symbolic link, not a file"):
        open_regular(link, follow_symlinks=False)
    (dangling := tmp_path / "dangling").symlink_to("nothing")
    with pytest.raises(FileNotFoundError):
        read_bytes(dangling, LIMIT)
    (loop := tmp_path / "loop").symlink_to("loop")
    assert "symbolic links" in refusal(loop)


def test_a_link_on_the_way_to_a_file_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_bytes(b"1")
    (tmp_path / "link").symlink_to("real")
    assert below(tmp_path, Path("real/file")) == tmp_path / "real/file"
    with pytest.raises(OSError, match="symbolic link"):
        below(tmp_path, Path("link/file"))


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_a_name_that_no_file_can_have_is_an_error_of_the_system(name):
    assert refusal(Path(name)) == "no file can have this name"
    assert not is_stream(Path(name))


def test_streams_are_pipes_and_open_files_of_the_process(path):
    assert is_stream(Path("/dev/stdin")) and is_stream(Path("/proc/self/fd/0"))
    path.write_bytes(b"1")
    assert not is_stream(path) and not is_stream(path.with_name("missing"))
