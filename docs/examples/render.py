"""Renders tunes in ABC notation as MIDI and as scores in MusicXML, with the library music21.

    python render.py FILE FOLDER

Tunes are separated by blank lines; tune 1 becomes `FOLDER/1.mid` and `FOLDER/1.musicxml`. A score
shows repeats, and MIDI plays them: a tune whose repeats do not match has a score only.
"""

import re
import sys
from pathlib import Path


def render(file: Path, folder: Path) -> str:
    """Writes what can be rendered, and returns how many scores and MIDI files these are."""
    try:
        from music21 import converter, exceptions21
    except ModuleNotFoundError:
        sys.exit("Rendering needs the library music21: `pip install music21` installs it.")
    tunes = re.split(r"\n{2,}", file.read_text(encoding="utf-8").strip())
    folder.mkdir(exist_ok=True)
    done = {"musicxml": 0, "mid": 0}
    for number, tune in enumerate(tunes, 1):
        try:
            score = converter.parse(f"{tune}\n", format="abc")
            for suffix, format in (("musicxml", "musicxml"), ("mid", "midi")):
                score.write(format, folder / f"{number}.{suffix}")
                done[suffix] += 1
        except exceptions21.Music21Exception as error:
            print(f"tune {number}: {error}", file=sys.stderr)
    return f"{len(tunes)} tunes: {done['musicxml']} scores, {done['mid']} MIDI files"


if __name__ == "__main__":
    print(render(Path(sys.argv[1]), Path(sys.argv[2])))
