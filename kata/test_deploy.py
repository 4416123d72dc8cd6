"""Your mission: prove that the application can be served from the project's own files.

The topic is gserver.py, wsgi.py, Procfile and the files of deploy/, for uWSGI and for Nginx.

- unit: read the files, and say what must stand in them.
- integration: there is nothing here: between the file and the server lies no function to call.
- system: start a server from its file, on a free port, and ask it; tests/system/servers.py can.
"""

from pathlib import Path


class TestHeroku:
    def test_the_procfile_starts_a_web_process(self):
        lines = Path("Procfile").read_text().splitlines()

        assert any(line.startswith("web:") for line in lines)


# Your tests go here. `nox -s kata -- deploy` grades them.
