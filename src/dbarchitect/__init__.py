"""The senior database architect that every application team wishes it had."""

__version__ = "0.1.0"
