"""Gives rnnrepl, on any system, what the standard library has on Windows.

Python imports this module at its start if its folder is on the path, also in child processes. Only
modules of rnnrepl see the substitutes; the libraries go on as usual.
"""

import builtins
import ctypes
import mmap
import os
import signal
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

MISSING = {"curses", "fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}

LACKING: dict[ModuleType, str] = {
    os: "O_CLOEXEC O_DIRECTORY O_NOCTTY O_NOFOLLOW O_NONBLOCK O_SYNC WIFEXITED WIFSIGNALED WNOHANG "
    "chown chroot confstr ctermid fchdir fchmod fchown fork forkpty fpathconf fstatvfs getegid "
    "geteuid getgid getgroups getloadavg getpgid getpgrp getpriority getresuid getsid getuid "
    "initgroups killpg lchown lockf major makedev minor mkfifo mknod nice openpty pathconf pipe2 "
    "posix_fadvise posix_fallocate posix_spawn pread preadv pwrite readv register_at_fork "
    "sched_getaffinity sched_setaffinity sched_yield sendfile set_blocking setgid setpgid "
    "setpriority setsid setuid statvfs sync sysconf tcgetpgrp tcsetpgrp ttyname uname wait wait3 "
    "wait4 waitid writev",
    signal: "SIGALRM SIGBUS SIGCHLD SIGCONT SIGHUP SIGIO SIGKILL SIGPIPE SIGPROF SIGQUIT SIGSTOP "
    "SIGTSTP SIGTTIN SIGTTOU SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH alarm getitimer pause pthread_kill "
    "pthread_sigmask setitimer sigpending sigtimedwait sigwait",
    mmap: "MADV_DONTNEED MADV_NORMAL MAP_PRIVATE MAP_SHARED PROT_READ PROT_WRITE",
}


def kill(pid: int, number: int) -> None:
    """Fails: on Windows it ends the process, with all that it would have saved."""
    raise AssertionError("os.kill")


class Popen(subprocess.Popen[bytes]):
    """A process, which cannot be sent signals."""

    def __init__(self, *args: Any, creationflags: int = 0, **options: Any) -> None:
        assert "preexec_fn" not in options
        super().__init__(*args, **options | {"start_new_session": bool(creationflags)})

    def send_signal(self, sig: int) -> None:
        """Raises ValueError unless the signal ends the process at once."""
        if sig != signal.SIGTERM:
            raise ValueError(f"Unsupported signal: {sig}")
        super().send_signal(signal.SIGKILL)


def memory(kilobytes: Any) -> bool:
    """Sets a number of kilobytes that is passed by reference."""
    kilobytes._obj.value = 1 << 24
    return True


KERNEL = SimpleNamespace(GetPhysicallyInstalledSystemMemory=memory)
OTHERS: dict[ModuleType, dict[str, Any]] = {
    ctypes: {"windll": SimpleNamespace(kernel32=KERNEL)},
    os: {"kill": kill, "name": "nt"},
    subprocess: {"CREATE_NEW_PROCESS_GROUP": 0x200, "CREATE_NO_WINDOW": 0x8000000, "Popen": Popen},
    sys: {"platform": "win32"},
}


class Substitute(ModuleType):
    """A module with other values and without some names; it shares all the rest."""

    def __init__(self, real: ModuleType) -> None:
        super().__init__(real.__name__)
        self.__dict__.update(real=real, lacking=set(LACKING.get(real, "").split()))
        self.__dict__.update(OTHERS.get(real, {}))

    def __getattr__(self, name: str) -> Any:
        if name in self.lacking:
            raise AttributeError(f"{self.__name__} has no {name} on Windows")
        return getattr(self.real, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.real, name, value)


SUBSTITUTES = {module.__name__: Substitute(module) for module in [*LACKING, *OTHERS]}
import_module = builtins.__import__


def import_as_on_windows(
    name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
) -> ModuleType:
    """Imports a module, for rnnrepl as it is on Windows."""
    if globals and str(globals.get("__package__")).partition(".")[0] == "rnnrepl":
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if name in SUBSTITUTES:
            return SUBSTITUTES[name]
    return import_module(name, globals, locals, fromlist, level)


builtins.__import__ = import_as_on_windows
