"""`python -m adamcore` is the command."""

from adamcore.cli import main

main()
