"""`python -m laurel` is the command line."""

from laurel.cli import main

main(prog_name="laurel")
