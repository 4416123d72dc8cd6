"""Your mission: test that the project's own files start each deployment server.

The code is gserver.py, wsgi.py, Procfile, the uWSGI and Nginx files in deploy/, and the secret key
in app/config.py, which all workers of a server share.

Fixtures (from pytest): `tmp_path` and `monkeypatch`. Set `FLASK_INSTANCE_PATH` to `tmp_path`:
otherwise the application stores its data in the project, and a test must not change that.

- unit: read the files and check their settings; call the function that creates the key.
- integration: nothing, because no function lies between a file and its server.
- system: start a server on a free port and send it requests, with tests/system/servers.py.
"""

from pathlib import Path


class TestHeroku:
    def test_procfile_accepts_connections_from_other_machines(self):
        [web] = [line for line in Path("Procfile").read_text().splitlines() if line[:4] == "web:"]

        assert "0.0.0.0:$PORT" in web


# Write your tests here, then run `nox -s kata -- deploy` to grade them.
