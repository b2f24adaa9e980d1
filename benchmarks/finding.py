"""Finds a unit, tests it on held-out text, and proves what it does, beside random controls.

    python benchmarks/finding.py input.txt [--model shakespeare-char] [--characters 40000]

Reads the last tenth of a file, which is held out of the training of the shipped models if the file
is Tiny Shakespeare (checkpoints/README.md says where it is from). docs/inspection.md shows the
output.
"""

import argparse
from pathlib import Path

import numpy as np

import rnnrepl
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.model import Model
from rnnrepl.render import Screen
from rnnrepl.results.inspection import UnitResponse

CONTROLS = 20  # random units to ablate
CLAMPED = 10  # random units to clamp
LENGTH = 300  # characters to generate under a clamp
NAME = r"(?m)^([A-Z][A-Z ]+):"  # of a speaker


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", default="shakespeare-char")
    parser.add_argument("--characters", type=int, default=40_000)
    given = parser.parse_args(arguments)
    model, text = rnnrepl.load(given.model), given.file.read_text(encoding="utf-8")
    held_out = text[len(text) * 9 // 10 :][: given.characters]
    print(f"{given.model} on {len(held_out):,} characters of the last tenth of {given.file.name}\n")

    print("Which units know how far the line has come? Does the model need the best one?\n")
    unit = find(model, held_out, feature="line")
    ablate(model, held_out, unit, r"\n")
    clamp(model, held_out, unit)

    print("\nWhich units know that they are in the name of a speaker?\n")
    ablate(model, held_out, find(model, held_out, match=NAME), NAME)


def find(model: Model, text: str, *, match: str = "", feature: str = "") -> str:
    """Shows the best units and the probes of all layers; returns the name of the best unit."""
    records = model.neurons([text], match=match, feature=feature, top=3, probe=True)
    Screen().show(records, "table")
    best = records[0]
    assert isinstance(best, UnitResponse)
    return best.unit + (".c" if best.signal == "c" else "")


def ablate(model: Model, text: str, unit: str, match: str) -> None:
    """Shows what the text costs with the unit at zero and at its mean; `match` is the inside."""
    for to in ("zero", "mean"):
        print()
        (result,) = model.ablate([text], [unit], to=to, match=match, controls=CONTROLS)
        Screen().show([result], "table")
        inside = result.controls_inside or ()
        print(f"inside, the controls cost {min(inside):+.4f} to {max(inside):+.4f}")


def clamp(model: Model, text: str, unit: str) -> None:
    """Shows how long lines are that the model writes with the unit, or a random one, held."""
    layer, number = map(int, unit.removesuffix(".c").split(":"))
    signal = "c" if unit.endswith(".c") else "h"
    values = model.trace(text[:10_000], [f"layers.{layer}.{signal}"])[f"layers.{layer}.{signal}"]
    others = [n for n in range(values.shape[1]) if n != number]
    random = np.random.default_rng(0).choice(others, CLAMPED, replace=False).tolist()
    print(f"\ncharacters per line that the model writes: {per_line(model):.1f}")
    for name, percentile in (("low", 25), ("high", 75)):
        quartile = {n: float(np.percentile(values[:, n], percentile)) for n in (number, *random)}
        held = {n: f"{layer}:{n}.{signal}={value}" for n, value in quartile.items()}
        own, *controls = (per_line(model, text) for text in held.values())
        print(
            f"with {unit} held {name}, at {quartile[number]:.2f}: {own:.1f}; "
            f"with each of {CLAMPED} random units: {min(controls):.1f} to {max(controls):.1f}"
        )


def per_line(model: Model, *clamps: str) -> float:
    """The mean length of the lines in eight texts of LENGTH characters that the model writes."""
    samples = model.clamped(clamps).samples(GenerationRequest("", LENGTH), count=8, seed=1)
    texts = [sample.text for sample in samples]
    return sum(map(len, texts)) / max(1, sum(text.count("\n") for text in texts))


if __name__ == "__main__":
    main()
