"""The `jobherald` command: for people at a terminal, and for their scripts."""
