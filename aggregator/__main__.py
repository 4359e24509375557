"""`python -m aggregator` is the command line."""

from .cli import main

main()
