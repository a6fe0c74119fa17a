"""See the tests."""
