"""Real services under load through their public interface, while everything around them breaks.

`make faults` runs it whole; `python -m tests.faults --help` tells the rest. The same seed gives the same faults.
"""
