"""The use cases of judging: load, decide, save."""
