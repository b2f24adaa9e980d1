"""A conversation: the tree of its pieces, what happens in it, and the files it is kept in."""
