"""Logs that can be read by machines and a correlation id that follows one piece of work. No personal data."""
