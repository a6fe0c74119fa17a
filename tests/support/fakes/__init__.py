"""The ports of the use cases in memory: the same promises as the adapters on MongoDB, without a server.

`tests/conformance` runs every promise against both.
"""
