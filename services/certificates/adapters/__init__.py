"""What the certificates service keeps in MongoDB, and how its documents are rendered."""
