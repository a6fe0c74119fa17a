"""Certificates: documents, numbers, verification. What is issued, superseded and what a verifier sees."""
