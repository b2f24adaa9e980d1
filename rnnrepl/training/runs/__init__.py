"""The run folder: checkpoints, events, locks, and the list of all runs."""
