"""The key bindings of the prompt."""

from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from queue import Empty, Queue
from threading import Thread

from prompt_toolkit.application import get_app, run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completion
from prompt_toolkit.filters import (
    Condition,
    completion_is_selected,
    has_selection,
    is_searching,
    shift_selection_mode,
)
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.bindings.completion import generate_completions
from prompt_toolkit.key_binding.bindings.search import accept_search_and_accept_input
from prompt_toolkit.keys import Keys

from rnnrepl.errors import RnnreplError
from rnnrepl.render import Screen
from rnnrepl.repl import editor

# Keys that prompt_toolkit ignores in a selection.
_EDITING = ("backspace", "delete", "c-d", "c-k", "c-t", "c-u", "c-y", "c-_", "tab", "s-tab")

TAB_SECONDS = 0.3  # for the first candidates; a longer search goes on in the background

HINT = "Ctrl-D leaves; :help lists the commands."


def editing_keys(screen: Screen) -> KeyBindings:
    """Enter submits, also the match of a search; Esc Enter inserts a newline.

    Ctrl-X Ctrl-E opens the line in an editor and submits the result, unless it is blank.
    Typing and the keys that edit end a selection by Ctrl-Space, and then act as without it.
    """
    bindings = KeyBindings()
    bindings.add("enter", filter=is_searching)(accept_search_and_accept_input)

    def end_selection(event: KeyPressEvent) -> None:
        event.current_buffer.exit_selection()
        event.key_processor.feed_multiple(event.key_sequence, first=True)

    for key in (Keys.Any, *_EDITING):
        bindings.add(key, filter=has_selection & ~shift_selection_mode)(end_selection)

    @bindings.add("enter", filter=~completion_is_selected & ~is_searching)
    def submit(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @bindings.add("escape", "enter")
    def insert_newline(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @bindings.add("c-x", "c-e", filter=~has_selection & ~is_searching)
    def open_editor(event: KeyPressEvent) -> None:
        buffer = event.current_buffer

        async def edit() -> None:
            try:
                text = await run_in_terminal(lambda: editor.edit(buffer.text), in_executor=True)
            except (OSError, RnnreplError) as error:
                failure = error  # which Python deletes at the end of this clause
                run_in_terminal(lambda: screen.error(failure))
                return
            buffer.text, buffer.cursor_position = text, len(text)
            if text.strip():
                buffer.validate_and_handle()

        event.app.create_background_task(edit())

    return bindings


def prompt_keys(screen: Screen, step: Callable[[], str]) -> KeyBindings:
    """Editing keys; Tab completes, Enter accepts one of several completions.

    Ctrl-C clears the line, or says how to leave if it is empty.

    `step` is the line of a tour that is offered: q, if it is unchanged, and Ctrl-C leave the tour.
    """
    bindings = editing_keys(screen)

    @bindings.add("tab", filter=~has_selection & ~is_searching)
    def complete(event: KeyPressEvent) -> None:
        state, candidates = event.current_buffer.complete_state, list[Completion]()
        if not state or state.complete_index is None:
            candidates = _first_candidates(event.current_buffer)
        if len(candidates) == 1:  # nothing to select: the next Enter submits, as in a shell
            event.current_buffer.apply_completion(candidates[0])
        else:
            generate_completions(event)

    @bindings.add("enter", filter=completion_is_selected)
    def accept_completion(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    @bindings.add("c-c", filter=~is_searching)
    def clear(event: KeyPressEvent) -> None:
        if step():
            event.app.exit(exception=KeyboardInterrupt)
        elif event.current_buffer.text:
            event.current_buffer.reset()
        else:
            run_in_terminal(lambda: screen.notice(HINT))

    unchanged = Condition(lambda: get_app().current_buffer.text == step() != "")

    @bindings.add("q", filter=unchanged)
    def leave_tour(event: KeyPressEvent) -> None:
        event.app.exit(exception=KeyboardInterrupt)

    @bindings.add("c-d", filter=unchanged)
    def leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    return bindings


def _first_candidates(buffer: Buffer) -> list[Completion]:
    """Returns the first two completions of the line, or none if that takes TAB_SECONDS.

    The next key, as Enter right after Tab, waits for them. They are sought in a thread, since some
    are in the cards of models, or in a folder on a network.
    """
    document, requested = buffer.document, CompleteEvent(completion_requested=True)
    found = Queue[list[Completion]]()

    def search() -> None:
        found.put(list(islice(buffer.completer.get_completions(document, requested), 2)))

    Thread(target=search, daemon=True).start()
    with suppress(Empty):
        return found.get(timeout=TAB_SECONDS)
    return []
