"""The contracts between the services: what happened, told by the one that owns the fact.

One module an owner (`registration`, `judging`, `certificates`). `schemas/` holds the committed JSON Schema of each contract.
"""
