"""Judging: who judges what, who is awarded and why. Knows ids, never names."""
