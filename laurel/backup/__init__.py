"""Backups: a folder of sealed files that grows by what is new, and a generation for each moment (decision 049)."""
