"""The coverage of greenlets: why test_deploy.py does not measure gserver.py."""

from pathlib import Path

import pytest
from coverage import CoverageData

from tests.system.processes import Process, environment

# A program with two greenlets: each leaves the view in the middle, and continues there later.
# `gevent.sleep(0)` waits for no time: it lets the other greenlet run.
GREENLETS = """\
import gevent

from view import view


def handle():
    view()


gevent.joinall([gevent.spawn(handle), gevent.spawn(handle)])
"""
VIEW = """\
import gevent


def view():
    gevent.sleep(0)
    return "after the other greenlet"
"""
SETTINGS_OF_COVERAGE = """\
[run]
core = ctrace
concurrency = {}
source = {}
data_file = {}
"""


class TestGreenlets:
    @pytest.mark.parametrize(("concurrency", "correct"), [("thread", False), ("gevent", True)])
    def test_coverage_of_greenlets_is_wrong_without_its_setting(
        self, tmp_path, concurrency, correct
    ):
        (tmp_path / "server.py").write_text(GREENLETS)
        (tmp_path / "view.py").write_text(VIEW)
        settings, data_file = tmp_path / "coverage.ini", tmp_path / "data"
        settings.write_text(SETTINGS_OF_COVERAGE.format(concurrency, tmp_path, data_file))
        command = ["coverage", "run", f"--rcfile={settings}", f"{tmp_path}/server.py"]

        with Process(command, environment(tmp_path)) as process:
            assert process.wait() == 0, process.log

        data = CoverageData(str(data_file))
        data.read()
        lines = {Path(file).name: sorted(data.lines(file)) for file in data.measured_files()}
        data.close()
        assert (lines == {"server.py": [1, 3, 6, 7, 10], "view.py": [1, 4, 5, 6]}) == correct
