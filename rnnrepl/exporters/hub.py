"""hub: a folder for the Hugging Face hub, with the unchanged model and a model card.

`hf upload OWNER/NAME FOLDER` publishes it; then `hf:OWNER/NAME` names the model.
"""

import json
from pathlib import Path

from rnnrepl.checkpoint import Card, Checkpoint
from rnnrepl.exporters import folder
from rnnrepl.files.paths import resolved

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

`model.json` describes the network, `weights.safetensors` holds its weights under the names of
torch.nn, `tokenizer.json` its vocabulary. No code in them is run.

## Results

```json
{figures}
```

## Origin

```json
{origin}
```
"""


def files(checkpoint: Checkpoint, out: Path) -> dict[Path, bytes]:
    """The three files of the model, and README.md, in the folder `out`."""
    card = model_card(resolved(out).name, checkpoint.card).encode("utf-8", "backslashreplace")
    return {out / README: card, **folder.files(checkpoint, out)}


def model_card(name: str, card: Card) -> str:
    """The model card in Markdown, with YAML front matter (JSON is valid YAML)."""
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
