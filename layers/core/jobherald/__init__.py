"""Watches long-running jobs through the list APIs of their services and tells people what became of them."""

__version__ = "0.1.0"
