"""Tests: real servers, real services, a real browser."""
