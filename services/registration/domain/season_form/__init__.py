"""The season file as forms: its keys by step, read into fields, written back; what is wrong with it, at its field."""
