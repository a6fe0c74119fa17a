"""What the three services share: contracts, messaging, storage, identity, HTTP and the look of pages.

A library without state and without business rules. It imports no service.
"""
