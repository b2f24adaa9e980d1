"""Recurrent networks: configuration, numpy runtime and torch modules."""
