"""Seeded damage to bytes, to JSON and to the entries of a folder."""

import json
import os
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

ABSURD: list[Any] = [
    None,
    True,
    -1,
    0,
    1,
    2**31,
    2**63,
    10**30,
    -(10**30),
    10**400,
    0.5,
    -0.5,
    1e-320,
    1e300,
    float("inf"),
    float("-inf"),
    float("nan"),
    "",
    "x",
    "\0",
    "\ud800",
    "\x1b[2J\u202e",
    "x" * 300,
    "../" * 20 + "etc/passwd",
    "/dev/zero",
    [],
    {},
    [[]],
    [1] * 1000,
    ["x", None],
]
JUNK = [b"", b"\0", b"\xff\xfe", b"\n", b"\r\n", b"{", b"]", b"9" * 400, b"[" * 5000, b"\x80" * 9]


def damaged_bytes(random: random.Random, data: bytes) -> bytes:
    """The bytes, cut, torn, doubled, with a part replaced by junk, or with some flipped."""
    start = random.randrange(len(data) + 1)
    end = min(len(data), start + random.choice([0, 1, 8, 200]))
    match random.randrange(5):
        case 0:
            return data[:start]
        case 1:
            return data[start:]
        case 2:
            return data[:start] + random.choice(JUNK) + data[end:]
        case 3:
            return data[:end] + data[start:]
    flipped = bytearray(data)
    for _ in range(random.choice([1, 3, 30]) if data else 0):
        flipped[random.randrange(len(data))] = random.randrange(256)
    return bytes(flipped)


def damaged_json(random: random.Random, value: Any) -> Any:
    """A copy of plain JSON in which one to three places are absurd, missing or doubled."""
    value = deepcopy(value)
    for _ in range(random.choice([1, 1, 2, 3])):
        if not isinstance(value, dict | list) or not value or random.random() < 0.01:
            return random.choice(ABSURD)
        holder, key = random.choice(list(_places(value)))
        match random.randrange(6):
            case 0 if isinstance(holder, dict):
                del holder[key]
            case 1:
                holder[key] = [holder[key]] * 2
            case 2 if type(holder[key]) in (int, float):
                holder[key] = holder[key] * random.choice([-1, 2, 1e3, 1e9]) + random.choice([0, 1])
            case _:
                holder[key] = deepcopy(random.choice(ABSURD))
    return value


def damaged_entry(random: random.Random, path: Path, outside: Path) -> None:
    """Replaces a file or folder by nothing, a link, a pipe, a folder, or an empty file."""
    moved = path.with_name(path.name + ".moved")
    path.rename(moved)
    match random.randrange(7):
        case 0:
            path.symlink_to(outside)
        case 1:
            path.symlink_to(moved)
        case 2:
            path.symlink_to(path)
        case 3:
            path.symlink_to("/dev/zero")
        case 4:
            os.mkfifo(path)
        case 5:
            path.mkdir()
        case 6:
            path.touch()


def dumped(value: Any) -> str:
    """JSON, also of values that JSON lacks."""
    return json.dumps(value)


def _places(value: Any) -> Any:
    items = list(value.items() if isinstance(value, dict) else enumerate(value))
    for key, item in items:
        yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)
