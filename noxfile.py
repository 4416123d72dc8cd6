"""One session for each thing that a person wants to do: `nox -l` lists them.

A bare `nox` runs what a pull request must pass, in the order that fails fastest. What follows `--`
goes to the tool behind a session: `nox -s integration -- -k login -n 2`.
"""

import os
import shutil
import signal
import socket
import sys
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["lint", "types", "map_check", "unit", "integration", "system", "coverage"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
PASSWORD = "using-templates-in-flask"  # noqa: S105 - of the course's people, on one's own machine
BENCHES = ["posts", "kata", "browser", "servers"]
WORKFLOWS = [str(path) for path in Path(".github/workflows").iterdir()]
PINS = ["constraints.txt", "requirements.txt"]
UNITTEST = ["discover", "-s", "tests/unit", "-t", "."]
# A runner that fails where there is nothing to run: unittest of Python 3.11 would not mind.
ANY_TEST = """
import unittest
class Runner:
    def run(self, tests):
        raise SystemExit(None if tests.countTestCases() else "No test was found.")
unittest.main(None, testRunner=Runner())
"""

# As many at once as there are cores; a class, and the server or the database that its tests share,
# stays together. `-- -n 0` has one process, for whoever wants to see what a test prints.
PYTEST = ["pytest", "--numprocesses=auto", "--maxprocesses=4", "--dist=loadscope"]

# Told to end, nox ends what it runs, as on Ctrl-C; by itself it would leave that running.
signal.signal(signal.SIGTERM, signal.default_int_handler)

# A session sees the project's settings alone: a developer's own must not change its result.
for name in list(os.environ):
    if name.startswith("FLASK_") or name == "DATABASE_URL":
        del os.environ[name]
# Each process of a session starts faster with byte code: of what is installed, as pip has it, and
# of the project, in the folders that git ignores.
os.environ["UV_COMPILE_BYTECODE"] = "1"
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def install(session: nox.Session, *groups: str) -> None:
    """Install the application's dependencies and those groups, as constraints.txt pins them."""
    needed = [*PYPROJECT["project"]["dependencies"]]
    needed += nox.project.dependency_groups(PYPROJECT, *groups)
    session.install("-c", "constraints.txt", *needed, env=temporary(session))


def temporary(session: nox.Session) -> dict[str, str]:
    """Have uv's temporary files in the session's environment: where it builds it leaves a lock."""
    return {"TMPDIR": session.virtualenv.location}


def pytest_of(session: nox.Session, folder: str) -> list[str]:
    """Give the command that runs a folder of tests, or what the positional arguments name."""
    return [*PYTEST, "-o", f"testpaths=tests/{folder}", *session.posargs]


def run_tests(session: nox.Session, *command: str, **env: str) -> None:
    """Run what puts away browsers, servers and folders when it is interrupted.

    Ctrl-C reaches it by itself. Where nox alone is told to end, it hears of that after one second.
    """
    session.run(*command, env=env, interrupt_timeout=1, terminate_timeout=20)


def measure(session: nox.Session, layer: str, *command: str, **settings: str) -> None:
    """Run a layer's tests as `python -m COMMAND`, and keep what they cover for `coverage`."""
    env = {"COVERAGE_FILE": f".coverage.{layer}", **settings}
    session.run("coverage", "erase", env=env)
    run = ["python", "-W", "error", "-m", "coverage", "run", "-m", *command]
    run_tests(session, *run, **env)


@nox.session
def serve(session: nox.Session) -> None:
    """Serve the blog with the course's data; Ctrl-C ends it (-- --debug reloads what you edit)."""
    install(session)
    session.run("flask", "init-db")
    session.run("flask", "seed", "--password", PASSWORD)
    session.log(f"Log in as John Williams with the password {PASSWORD}")
    chosen = any(argument.startswith(("-p", "--port")) for argument in session.posargs)
    ports = [] if chosen else [f"--port={port(session)}"]
    # Ctrl-C is the server's to obey: nox waits for it, and does not call the end a failure.
    signal.signal(signal.SIGINT, lambda *_: None)
    session.run("flask", "run", *ports, *session.posargs)


def port(session: nox.Session) -> int:
    """Give Flask's usual port, or 0, which is any free one, where another program has that."""
    try:
        socket.create_server(("127.0.0.1", 5000)).close()
    except OSError:
        session.warn("Port 5000 is taken by another program: the blog gets a free one.")
        return 0
    return 5000


@nox.session
def lint(session: nox.Session) -> None:
    """Check the code's style, the workflows and the pinned dependencies."""
    install(session, "lint")
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")
    session.run("check-jsonschema", "--builtin-schema=vendor.dependabot", ".github/dependabot.yml")
    session.run("check-jsonschema", "--builtin-schema=vendor.github-workflows", *WORKFLOWS)
    session.run("zizmor", "--quiet", "--offline", "--persona=pedantic", ".github")
    check_pins(session)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of every file but the learner's."""
    install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def map_check(session: nox.Session) -> None:
    """Fail when docs/course.md is stale, or a feature has no test where it needs one."""
    install(session, "system")  # pytest collects every layer, and imports what each needs
    session.run("python", "tools/course_map.py", "--check")


@nox.session
def unit(session: nox.Session) -> None:
    """Run the unit layer with unittest, in an environment that has no pytest."""
    install(session, "unit")
    if session.posargs:
        session.run("python", "-c", ANY_TEST, *UNITTEST, *session.posargs, log=False)
    # pytest tells coverage which test runs; unittest does not.
    by_function = {"COVERAGE_CONTEXT": "test_function"}
    measure(session, "unit", "unittest", *UNITTEST, *session.posargs, **by_function)


@nox.session
def integration(session: nox.Session) -> None:
    """Run the integration layer with pytest (-- -k login -n 2)."""
    install(session, "integration")
    measure(session, "integration", *pytest_of(session, "integration"))


@nox.session
def system(session: nox.Session) -> None:
    """Run the system layer: a browser, real processes and servers (-- --headed, -- -k login)."""
    install_system(session)
    measure(session, "system", *pytest_of(session, "system"))


def install_system(session: nox.Session) -> None:
    """Install what the system layer needs: a browser and Nginx too, where that can be done."""
    bring(session, "chromedriver", "chromium-headless-shell", "chromium-driver")
    bring(session, "nginx", "nginx-light")
    install(session, "system")
    # For the axe-core in it alone, and so without the browsers' driver that it is made for.
    axe = nox.project.dependency_groups(PYPROJECT, "axe")
    session.install("-c", "constraints.txt", "--no-deps", *axe)


def bring(session: nox.Session, program: str, *packages: str) -> None:
    """Install Debian's packages where the program is missing, and where this is root's to do.

    A distribution that has no such package is no error: the tests say what they miss.
    """
    if not shutil.which(program) and shutil.which("apt-get") and os.geteuid() == 0:
        apt = ["apt-get", "install", "-qy", "--no-install-recommends", *packages]
        # No question is asked; in "runlevel 1" no service of a package is started.
        env = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        for command in (["apt-get", "update", "-q"], apt):
            session.run(*command, env=env, external=True, success_codes=[0, 100])


@nox.session(requires=["unit", "integration", "system"])
def coverage(session: nox.Session) -> None:
    """Run the layers and join their coverage: htmlcov/ names the tests that ran each line."""
    install(session, "unit")
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "html", "--quiet", "--fail-under=0")
    session.run("coverage", "report")


@nox.session
def postgres(session: nox.Session) -> None:
    """Run the integration layer, whole, on a real PostgreSQL server."""
    install(session, "integration", "postgres")
    run_tests(session, *pytest_of(session, "integration"), "--postgres")


@nox.session(name="map")
def map_(session: nox.Session) -> None:
    """Write docs/course.md: each feature of the course, and its tests on each layer."""
    install(session, "system")  # pytest collects every layer, and imports what each needs
    session.run("python", "tools/course_map.py", *session.posargs)


@nox.session
def kata(session: nox.Session) -> None:
    """Grade the tests in kata/ by the planted bugs that they catch (-- cookies, -- --help)."""
    # nox itself would end with 1, whether the grade is low or there is none. This ends nox, and
    # runs no session that is named after it: the kata is a command by itself.
    try:
        install_system(session)
    except CommandFailed:
        sys.exit(2)
    try:
        run_tests(session, "python", "-m", "grader", *session.posargs)
    except CommandFailed as failure:
        sys.exit(failure.return_code)


@nox.session
def tools(session: nox.Session) -> None:
    """Test the grader, the course map, the workflows and the Flask-Testing shim."""
    install(session, "integration", "tools")
    run_tests(session, *pytest_of(session, "tools"))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure lists, the kata, browser tests, servers (-- servers), beside what each may cost."""
    chosen = session.posargs or BENCHES
    if unknown := [name for name in chosen if name not in BENCHES]:
        session.error(f"There is no {', '.join(unknown)} to measure, but {', '.join(BENCHES)}.")
    install_system(session)
    for name in chosen:
        session.run("python", "-m", f"tools.bench.{name}")


@nox.session
def lowest(session: nox.Session) -> None:
    """Run unit and integration on the lowest versions that pyproject.toml allows."""
    needed = [*PYPROJECT["project"]["dependencies"]]
    needed += nox.project.dependency_groups(PYPROJECT, "unit", "integration")
    session.install("--resolution=lowest-direct", *needed, env=temporary(session))
    session.run("python", "-W", "error", "-m", "unittest", *UNITTEST)
    run_tests(session, *PYTEST, "-o", "testpaths=tests/integration", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Pin every dependency again, after an edit of pyproject.toml (-- --upgrade: to the newest)."""
    session.install("-c", "constraints.txt", "uv")
    compile_pins(session, Path(), *session.posargs)


def compile_pins(session: nox.Session, folder: Path, *options: str) -> None:
    """Pin every dependency in the constraints.txt and requirements.txt of this folder."""
    constraints, requirements = str(folder / "constraints.txt"), str(folder / "requirements.txt")
    command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version=3.11"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    command += ["--custom-compile-command=nox -s lock", *options]
    groups = [f"--group={group}" for group in PYPROJECT["dependency-groups"]]
    session.run(*command, *groups, "-o", constraints, env=temporary(session))
    hashed = ["-c", constraints, "--generate-hashes", "--no-annotate"]
    session.run(*command, *hashed, "-o", requirements, env=temporary(session))


def check_pins(session: nox.Session) -> None:
    """Fail if constraints.txt or requirements.txt does not match pyproject.toml."""
    folder = Path(session.create_tmp())
    for name in PINS:
        shutil.copy(name, folder)
    compile_pins(session, folder)
    if stale := [name for name in PINS if Path(name).read_text() != (folder / name).read_text()]:
        session.error(f"Out of date with pyproject.toml: {', '.join(stale)}. Run: nox -s lock")
