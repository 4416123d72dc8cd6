"""Your mission: prove that the application can be served from the project's own files.

The topic is gserver.py, wsgi.py, Procfile and the files of deploy/, for uWSGI and for Nginx; and
in app/config.py the secret key, which all workers of a server share.

The fixtures are pytest's own: `tmp_path`, and `monkeypatch` to set `FLASK_INSTANCE_PATH` to it. By
itself the application would keep its data in the project, which a test must not change.

- unit: read the files, and say what must stand in them; call what makes the key.
- integration: there is nothing here: between the file and the server lies no function to call.
- system: start a server from its file, on a free port, and ask it; tests/system/servers.py can.
"""

from pathlib import Path


class TestHeroku:
    def test_other_machines_reach_the_web_process(self):
        [web] = [line for line in Path("Procfile").read_text().splitlines() if line[:4] == "web:"]

        assert "0.0.0.0:$PORT" in web


# Your tests go here. `nox -s kata -- deploy` grades them.
