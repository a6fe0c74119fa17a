"""Who may do what: every route, every role, own objects and others', in one table (`table.txt`)."""
