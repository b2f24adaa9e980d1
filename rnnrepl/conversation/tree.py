"""The tree of a conversation: pieces of text, typed or generated, with branches.

Pure data: it depends on no model and no screen. The number of a node identifies a position, the end
of its piece; the text and the state at that position never change.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.results.fields import NATS
from rnnrepl.results.session import PieceKind

if TYPE_CHECKING:
    from rnnrepl.rnn.network import Context


class Token(NamedTuple):
    """A token of a piece: its id, and the number of characters that are complete after it.

    `logprob` is the log-probability under the model, in nats; `sampled_logprob` that after the
    samplers, None for a token that was not drawn.
    """

    id: int
    end: int
    logprob: float
    sampled_logprob: float | None = None


@dataclass(eq=False, slots=True, kw_only=True)
class Node:
    """A piece of a conversation, and the position at its end.

    `contexts[k]` is the context after k of its tokens, known for at least every STRIDE-th k
    (`rnnrepl.generation`) and the last; the root, the beginning of the text, has none. `seed` and
    `settings` reproduce a generated piece. A line or sample may consist of several pieces: `skip`
    is the number of its tokens in earlier ones. `read` is the number of tokens from the root,
    `latest` the child that was visited last. `clamp` lists the units that were held while it was
    read, such as "1:203=1".
    """

    number: int
    parent: Optional["Node"] = None
    kind: PieceKind = "typed"
    text: str = ""
    tokens: tuple[Token, ...] = ()
    contexts: dict[int, "Context"] = field(default_factory=dict)
    seed: int | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    skip: int = 0
    clamp: tuple[str, ...] = ()
    mark: str = ""
    children: list["Node"] = field(default_factory=list)
    latest: Optional["Node"] = None
    read: int = 0

    @property
    def context(self) -> "Context | None":
        """The context after the piece; None for the root."""
        return self.contexts.get(len(self.tokens))

    @property
    def bits(self) -> float:
        """The surprisal of the piece under the model."""
        return -sum(token.logprob for token in self.tokens) / NATS["bits"]


_DIGITS = 20  # of the number of a node

# Reads ids after a context, with these units clamped; returns the context after them.
Read = Callable[[Sequence[int], "Context | None", Sequence[str]], "Context"]


class Conversation:
    """The tree of a conversation and `at`, its current node."""

    def __init__(self) -> None:
        self.root = self.at = Node(number=0)
        self.nodes = {0: self.root}

    def __iter__(self) -> Iterator[Node]:
        """Yields every piece in depth-first order, children in the order of their addition."""
        waiting = self.root.children[::-1]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.children[::-1]

    @property
    def branch(self) -> list[Node]:
        """The pieces from the beginning to the current position."""
        pieces, node = [], self.at
        while node.parent:
            pieces.append(node)
            node = node.parent
        return pieces[::-1]

    @property
    def text(self) -> str:
        """The text from the beginning to the current position."""
        return "".join(node.text for node in self.branch)

    def add(
        self,
        kind: PieceKind,
        text: str,
        tokens: Sequence[Token],
        contexts: dict[int, "Context"],
        *,
        seed: int | None = None,
        settings: dict[str, Any] | None = None,
        skip: int = 0,
        clamp: tuple[str, ...] = (),
    ) -> Node:
        """Adds a piece and moves to it; a text typed before at this position is the same piece."""
        if kind == "typed" and (node := self.typed(text, clamp)):
            return self.visit(node)
        node = Node(
            number=len(self.nodes),
            parent=self.at,
            kind=kind,
            text=text,
            tokens=tuple(tokens),
            contexts=contexts,
            seed=seed,
            settings=settings or {},
            skip=skip,
            clamp=clamp,
            read=self.at.read + len(tokens),
        )
        self.nodes[node.number] = node
        self.at.children.append(node)
        return self.visit(node)

    def last_ids(self, count: int) -> list[int]:
        """The ids of the last tokens, at most `count`."""
        ids: list[int] = []
        node = self.at
        while node.parent and len(ids) < count:
            ids[:0] = [token.id for token in node.tokens[-count:]]
            node = node.parent
        return ids[-count:]

    def line(self) -> list[Node]:
        """The pieces of the line typed last; raises RnnreplError if there is none."""
        branch = self.branch
        while branch and branch[-1].kind != "typed":
            branch.pop()
        if not branch:
            raise RnnreplError("Nothing has been typed yet.")
        first = len(branch) - 1
        while branch[first].skip:
            first -= 1
        return branch[first:]

    def typed(self, text: str, clamp: tuple[str, ...] = ()) -> Node | None:
        """The piece with this text if it was typed before here, with the same units clamped."""
        typed = (node for node in self.at.children if node.kind == "typed")
        return next((n for n in typed if (n.text, n.clamp) == (text, clamp)), None)

    def visit(self, node: Node) -> Node:
        """Moves to a node of this tree."""
        self.at = node
        while node.parent:
            node.parent.latest = node
            node = node.parent
        return self.at

    def undo(self, count: int = 1) -> Node:
        """Removes the last pieces; raises RnnreplError if there are fewer."""
        node: Node | None = self.at
        for _ in range(count):
            node = node and node.parent
        if node is None:
            raise _only(len(self.branch), "piece", "taken back")
        return self.visit(node)

    def redo(self, count: int = 1) -> Node:
        """Restores removed pieces; raises RnnreplError if there are fewer."""
        node: Node | None = self.at
        for done in range(count):
            node = node and node.latest
            if node is None:
                raise _only(done, "piece", "brought back")
        assert node is not None
        return self.visit(node)

    def back(self, count: int, read: Read) -> Node:
        """Removes the last tokens; a piece that is cut becomes two.

        `read` reads the tokens of a cut piece up to the cut. Raises RnnreplError if there are
        fewer tokens.
        """
        if count > self.at.read:
            raise _only(self.at.read, "token", "taken back")
        node = self.at
        while count and count >= len(node.tokens):
            assert node.parent is not None
            count -= len(node.tokens)
            node = node.parent
        return self.visit(self.cut(node, len(node.tokens) - count, read))

    def goto(self, name: str) -> Node:
        """Moves to a node by number or mark; raises RnnreplError if there is none."""
        return self.visit(self.find(name))

    def find(self, name: str) -> Node:
        """The node with this number or mark; raises RnnreplError if there is none."""
        if name.isdecimal() and len(name) < _DIGITS and int(name) in self.nodes:
            return self.nodes[int(name)]
        marks = {node.mark: node for node in self.nodes.values() if node.mark}
        if name not in marks:
            raise usage(f"There is no node or mark '{name}'; :tree shows them all.")
        return marks[name]

    def mark(self, name: str) -> Node:
        """Names the current position; raises RnnreplError for a name that is a number."""
        if not name or name.isdecimal():
            raise usage("A mark must be a word, not a number.")
        for node in self.nodes.values():
            if node.mark == name:
                node.mark = ""
        self.at.mark = name
        return self.at

    def cut(self, node: Node, keep: int, read: Read) -> Node:
        """Returns the node that ends after `keep` tokens of a node, splitting it if necessary.

        The node itself becomes the rest, so that its number still identifies the same position.
        """
        if keep == len(node.tokens):
            return node
        parent = node.parent
        assert parent is not None
        if not keep:
            return parent
        head = self._head(node, parent, keep, read)
        parent.children[parent.children.index(node)] = head
        parent.latest = head if parent.latest is node else parent.latest
        self.nodes[head.number] = head
        node.text, node.parent = node.text[len(head.text) :], head
        node.tokens = tuple(t._replace(end=t.end - len(head.text)) for t in node.tokens[keep:])
        node.contexts = {k - keep: c for k, c in node.contexts.items() if k > keep}
        node.skip += keep
        return head

    def _head(self, node: Node, parent: Node, keep: int, read: Read) -> Node:
        contexts = {k: context for k, context in node.contexts.items() if k <= keep}
        known = max(contexts, default=0)
        ids = [token.id for token in node.tokens[known:keep]]
        if ids:
            before = contexts.get(known) or parent.context
            contexts[keep] = read(ids, before, node.clamp)
        return replace(
            node,
            number=len(self.nodes),
            text=node.text[: node.tokens[keep - 1].end],
            tokens=node.tokens[:keep],
            contexts=contexts,
            mark="",
            children=[node],
            latest=node,
            read=parent.read + keep,
        )


def _only(count: int, noun: str, what: str) -> RnnreplError:
    if not count:
        return RnnreplError(f"There is nothing that could be {what}.")
    return RnnreplError(f"Only {count:,} {noun}{'' if count == 1 else 's'} can be {what}.")
