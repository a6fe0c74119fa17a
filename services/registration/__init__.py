"""Registration: who may enter, with what, until when. Owns seasons, units, people, accounts and entries."""
