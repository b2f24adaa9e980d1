"""The network: its configuration, the numpy runtime and the torch module."""
