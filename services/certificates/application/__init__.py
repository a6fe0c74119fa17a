"""The use cases of the certificates service."""
