"""The state of the program between two commands: session and settings."""
