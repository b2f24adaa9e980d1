"""One session of the program: its settings, its model, its conversation."""
