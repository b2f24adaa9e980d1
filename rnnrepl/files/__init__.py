"""Files: atomic writes, text input in chunks, paths of the program, threads and progress."""
