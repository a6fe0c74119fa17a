"""How the outside reaches judging: HTTP for programs, pages for people, events from registration."""
