"""Laurel on one machine: the launcher of servers and services, and the command line, a client of the services."""
