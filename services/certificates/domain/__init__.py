"""The rules of certificates, pure: no I/O, no clock, no framework."""
