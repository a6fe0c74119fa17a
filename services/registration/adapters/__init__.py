"""What registration keeps in MongoDB, and how."""
