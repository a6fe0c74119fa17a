"""The pages of the certificates service: checking, one's own documents, the organizer's downloads."""
