"""The language of a season: its rules (`season/1`) and how its files are written.

One schema, read by all three services. Which rule is applied how lives in the service that applies it.
"""
