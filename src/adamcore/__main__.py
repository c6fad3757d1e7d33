"""`python -m adamcore` is the command."""

from adamcore.cli import main

if __name__ == "__main__":
    main()
