"""Conversations: the tree of pieces, the operations on it, and its files."""
