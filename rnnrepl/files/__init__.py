"""Files: atomic writes, text input in chunks, the folders of the program, threads and progress."""
