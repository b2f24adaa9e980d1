"""The answer to a request: whole, or part by part as it is generated."""

import secrets
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from rnnrepl.server.completions import Chunk


@dataclass(slots=True)
class Answer:
    """A completion object of OpenAI's interface while it is generated; counts tokens on the way."""

    model: str
    prompt_tokens: int
    completion_tokens: int = 0
    id: str = field(default_factory=lambda: f"cmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def part(self, chunk: Chunk) -> dict[str, Any]:
        """Returns one piece as an object of a stream."""
        self.completion_tokens += chunk.tokens
        return self._object([_choice(chunk)])

    def usage_part(self) -> dict[str, Any]:
        """Returns the last object of a stream, which has the numbers of tokens."""
        return self._object([]) | {"usage": self._usage()}

    def whole(self, chunks: Iterable[Chunk]) -> dict[str, Any]:
        """Returns all pieces as one object."""
        choices: dict[int, Chunk] = {}
        for chunk in chunks:
            self.completion_tokens += chunk.tokens
            before = choices.get(chunk.index)
            choices[chunk.index] = before + chunk if before else chunk
        return self._object(list(map(_choice, choices.values()))) | {"usage": self._usage()}

    def _object(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "text_completion",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        }

    def _usage(self) -> dict[str, int]:
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }


def _choice(chunk: Chunk) -> dict[str, Any]:
    return {
        "index": chunk.index,
        "text": chunk.text,
        "logprobs": asdict(chunk.logprobs) if chunk.logprobs else None,
        "finish_reason": chunk.finish_reason,
    }
