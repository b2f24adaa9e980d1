"""hub: a folder for the Hugging Face hub: the model as it is, and its model card.

`hf upload OWNER/NAME FOLDER` pushes it, and wherever a model is named `hf:OWNER/NAME` opens it.
"""

import json
from pathlib import Path

from rnnrepl.checkpoint import Card, Checkpoint, packed

README = "README.md"

TEXT = """\
---
library_name: rnnrepl
pipeline_tag: text-generation
tags: {tags}
---

# {name}

A recurrent language model: {cell} with layers of {hidden}, {vocabulary:,} tokens (`{tokenizer}`),
{parameters:,} parameters.

```sh
pip install 'rnnrepl[hub]'
rnnrepl hf:OWNER/{name}
```

`model.json` says what it is, `weights.safetensors` has its weights under the names of torch.nn,
`tokenizer.json` its vocabulary. Nothing in them is ever run.

## What it reached

```json
{figures}
```

## Where it came from

```json
{origin}
```
"""


def files(found: Checkpoint, out: Path) -> dict[Path, bytes]:
    """The three files of the model in the folder, and README.md."""
    model = packed(found.card, found.weights, found.tokenizer)
    card = model_card(out.resolve().name, found.card).encode("utf-8", "backslashreplace")
    return {out / name: data for name, data in {README: card, **model}.items()}


def model_card(name: str, card: Card) -> str:
    """The model card: front matter in YAML, of which JSON is a part, then Markdown."""
    network = card.network
    tags = ["rnnrepl", "rnn", network.cell, f"{card.tokenizer}-tokenizer"]
    return TEXT.format(
        tags=json.dumps(list(dict.fromkeys(tags))),
        name=name,
        cell=network.cell.upper(),
        hidden=" and ".join(map(str, network.hidden)),
        vocabulary=network.vocabulary,
        tokenizer=card.tokenizer,
        parameters=network.parameters,
        figures=json.dumps(card.figures, indent=1, ensure_ascii=False),
        origin=json.dumps(card.origin, indent=1, ensure_ascii=False),
    )
