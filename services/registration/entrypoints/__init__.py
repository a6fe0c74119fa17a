"""How the outside reaches registration: HTTP for programs, pages for people, events from the other services."""
