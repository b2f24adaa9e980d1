"""`completion`: the script that completes words after Tab in a shell."""

from typing import TYPE_CHECKING, Annotated, Literal

from rnnrepl.app.session import Session
from rnnrepl.grammar import command

if TYPE_CHECKING:
    from rnnrepl.results.samples import Piece

# Each passes the line up to the cursor to `rnnrepl __complete`, which repl/shell_completion.py
# answers. bash 3.2 of macOS has no `mapfile`.
_SCRIPTS = {
    "bash": """\
_rnnrepl() {
    local candidate
    COMPREPLY=()
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(rnnrepl __complete bash "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -o nospace -F _rnnrepl rnnrepl
""",
    "zsh": """\
#compdef rnnrepl
_rnnrepl() {
    local word description
    local -a open open_shown whole whole_shown
    rnnrepl __complete zsh "${(j: :)words[1,CURRENT-1]} $PREFIX" 2>/dev/null |
    while IFS=$'\\t' read -r word description; do
        if [[ $word == *[/=:] ]]; then
            open+=("$word") open_shown+=("$word${description:+  -- $description}")
        else
            whole+=("$word") whole_shown+=("$word${description:+  -- $description}")
        fi
    done
    (( $#whole )) && compadd -Q -l -d whole_shown -a whole
    (( $#open )) && compadd -Q -l -S '' -d open_shown -a open
}
if [[ $funcstack[1] == _rnnrepl ]]; then
    _rnnrepl "$@"
else
    compdef _rnnrepl rnnrepl
fi
""",
    "fish": """\
function __rnnrepl_candidates
    rnnrepl __complete fish (commandline -cp | string collect) 2>/dev/null
end
complete --command rnnrepl --no-files --arguments '(__rnnrepl_candidates)'
""",
}


@command()
def completion(
    session: Session, shell: Annotated[Literal["bash", "zsh", "fish"], "bash, zsh or fish"]
) -> "Piece":
    """Print a script that completes command lines after Tab.

    It completes commands, options, models, runs and files. Run it when the shell starts: add `eval
    "$(rnnrepl completion bash)"` to ~/.bashrc, with zsh to ~/.zshrc after compinit, or for fish
    `rnnrepl completion fish | source` to ~/.config/fish/config.fish.

    Examples:
        completion bash
    """
    from rnnrepl.results.samples import Piece

    return Piece(_SCRIPTS[shell])
