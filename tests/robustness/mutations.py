"""Seeded mutations of bytes and of plain JSON."""

import json
from copy import deepcopy
from random import Random
from typing import Any

VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2**31,
    2**63,
    10**30,
    10**400,
    0.5,
    -0.0,
    1e308,
    float("inf"),
    float("nan"),
    "",
    "a",
    "\0",
    "\ud800",
    "\u202e",
    "../../etc",
    "x" * 5000,
    [],
    [[]],
    {},
    {"": {}},
    ["a"] * 1000,
    list(range(300)),
]


def mutated_bytes(random: Random, data: bytes) -> bytes:
    """Data with some bytes replaced, inserted, removed, or cut."""
    changed = bytearray(data)
    for _ in range(random.choice([1, 1, 1, 5, 50])):
        place = random.randrange(len(changed) + 1)
        match random.randrange(5):
            case 0:
                changed[place : place + 1] = random.randbytes(1)
            case 1:
                changed[place:place] = random.randbytes(random.randrange(1, 9))
            case 2:
                del changed[place : place + random.randrange(1, 9)]
            case 3:
                changed[place : place + 8] = random.choice([b"\xff" * 8, b"\0" * 8])
            case _ if random.random() < 0.2:
                del changed[place:]
    return bytes(changed)


def mutated_json(random: Random, value: Any) -> bytes:
    """A JSON text whose value differs in one or more places, or that is none."""
    value = json.loads(json.dumps(value))
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        _change(random, value)
    text = json.dumps(value)
    if random.random() < 0.1:
        depth = random.choice([10, 100, 5000, 100_000])
        text = text.replace(random.choice(["{}", "[]", "null", "1"]), "[" * depth + "]" * depth, 1)
    if random.random() < 0.1:
        return mutated_bytes(random, text.encode())
    return text.encode()


def _change(random: Random, value: Any) -> None:
    """Changes a random place in a dict or list."""
    while True:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        if not keys:
            return
        key = random.choice(keys)
        inner = value[key]
        if isinstance(inner, dict | list) and inner and random.random() < 0.8:
            value = inner
            continue
        match random.randrange(5):
            case 0:
                del value[key]
            case 1 if type(inner) in (int, float):
                value[key] = inner + random.choice([-1, 1, 0.5])
            case 2 if isinstance(value, dict):
                value[random.choice(["new", "", "a" * 300, key + " "])] = inner
            case 2:
                value.insert(key, inner)
            case _:
                value[key] = deepcopy(random.choice(VALUES))
        return
