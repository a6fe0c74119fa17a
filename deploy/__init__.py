"""What brings Laurel to machines."""
