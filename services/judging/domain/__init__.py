"""The rules of judging, pure: no I/O, no clock, no framework. Arithmetic is exact (fractions)."""
