"""Commands are run in this process: starting Python anew for each would take most of the time."""

import pytest

from theory.__main__ import main


@pytest.fixture
def run(capsys):
    """Return a function that runs a command: its exit code, standard output and standard error."""

    def run_command(*words):
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:
            code = stop.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_command
