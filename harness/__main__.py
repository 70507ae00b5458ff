"""`python -m harness` is the command `harness`."""

from __future__ import annotations

from harness import shell


def main() -> None:
    """The entry point of the package's script. Until the program has been imported, which takes
    some tenths of a second, closed descriptors and signals are taken care of here.
    """
    shell.begin()
    from harness.cli.main import main as command

    command()


if __name__ == "__main__":
    main()
