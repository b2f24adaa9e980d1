"""A user at the program in a pseudo-terminal of 80 columns."""

import os
import pty
import subprocess
import sys
import time
from contextlib import suppress

import pyte

RNNREPL = (sys.executable, "-m", "rnnrepl")
TIMEOUT = 60  # seconds, enough for a slow machine


class User:
    """Types at the program and reads its screen."""

    def __init__(self, *words, program=RNNREPL, stdout=None, **environment):
        import fcntl
        import struct
        import termios

        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.screen = pyte.Screen(80, 24)
        self.stream = pyte.ByteStream(self.screen)
        self.screen.write_process_input = self.type  # answers requests for the cursor position
        self.raw = b""
        self.process = subprocess.Popen(
            [*program, *words],
            stdin=slave,
            stdout=stdout or slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color"} | environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def type(self, text):
        os.write(self.master, text.encode())

    def wait_for(self, text):
        """Waits until a text is on the screen, and returns the lines of the screen."""
        return self.wait_until(lambda lines: text in "\n".join(lines))

    def wait_until(self, condition):
        """Waits until the lines of the screen meet a condition, and returns them."""
        deadline = time.monotonic() + TIMEOUT
        while not condition(lines := [line.rstrip() for line in self.screen.display]):
            assert time.monotonic() < deadline, "\n".join(lines)
            self.read(1)
        return lines

    def read(self, seconds):
        """Reads what the program writes, waiting so long for its beginning."""
        import select

        if select.select([self.master], [], [], seconds)[0]:
            with suppress(OSError):  # the program has ended
                data = os.read(self.master, 1 << 16)
                self.raw += data
                self.stream.feed(data)

    def read_bytes(self, count):
        """Reads until the program has written so many bytes in all."""
        while len(self.raw) < count:
            self.read(TIMEOUT)

    def leave(self, keys=":quit\r"):
        self.type(keys)
        return self.process.wait(TIMEOUT)
