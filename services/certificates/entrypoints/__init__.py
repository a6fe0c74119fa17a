"""How the outside reaches the certificates service: HTTP for programs, pages for people, events."""
