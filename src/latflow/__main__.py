"""``python -m latflow``: the command line, where its script is not on the path."""

from latflow.cli import main

if __name__ == "__main__":
    main()
