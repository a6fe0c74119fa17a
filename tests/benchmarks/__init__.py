"""Throughput and latency beside raw limits, measured in the same run: `make bench`. Only ratios mean anything."""
