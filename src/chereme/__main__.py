"""`python -m chereme`."""

from chereme.cli import main

main()
