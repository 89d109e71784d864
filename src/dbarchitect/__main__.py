"""`python -m dbarchitect` is `dba`."""

from dbarchitect.cli.main import main

if __name__ == "__main__":
    main()
