"""What judging keeps in MongoDB, and how."""
