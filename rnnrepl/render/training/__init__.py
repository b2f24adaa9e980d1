"""Training runs: a live panel, log lines, charts."""
