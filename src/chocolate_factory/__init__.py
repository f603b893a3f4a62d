"""Chocolate Factory: when to run what, at the lowest electricity bill the plant's rules allow."""

__version__ = "0.1.0"
