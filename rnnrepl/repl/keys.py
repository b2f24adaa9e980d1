"""The key bindings of the prompt."""

from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.filters import completion_is_selected
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from rnnrepl.render import Screen

HINT = "Ctrl-D leaves; :help lists the commands."


def editing_keys() -> KeyBindings:
    """Enter submits, Esc Enter inserts a newline."""
    bindings = KeyBindings()

    @bindings.add("enter", filter=~completion_is_selected)
    def submit(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @bindings.add("escape", "enter")
    def insert_newline(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return bindings


def prompt_keys(screen: Screen) -> KeyBindings:
    """Editing keys; Enter accepts a completion, Ctrl-C clears the line or says how to leave."""
    bindings = editing_keys()

    @bindings.add("enter", filter=completion_is_selected)
    def accept_completion(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    @bindings.add("c-c")
    def clear(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            run_in_terminal(lambda: screen.notice(HINT))

    return bindings
