"""The rules of registration, pure: no I/O, no clock, no framework."""
