"""One session for each thing you want to do: `nox -l` lists them.

A bare `nox` runs the checks that a pull request must pass, quickest first. Arguments after `--` are
passed to the tool that the session runs: `nox -s integration -- -k login -n 2`.
"""

import os
import re
import shlex
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
PINS = ["constraints.txt", "requirements.txt"]

UNITTEST = ["unittest", "discover", "-s", "tests/unit", "-t", "."]
# One process per core. The tests of a class share a server or a database, so they stay together.
PYTEST = ["pytest", "--numprocesses=auto", "--maxprocesses=4", "--dist=loadscope"]

# Sessions store environments, caches and reports in this folder.
if not os.access(".", os.W_OK):
    sys.exit(
        "This folder is read-only. Copy it to a folder that you can write to, and run nox there."
    )

# nox does not stop its subprocess on SIGTERM, only on Ctrl-C: treat both alike.
signal.signal(signal.SIGTERM, signal.default_int_handler)

# Sessions see no other variables of your environment: your language, or a setting of pytest,
# coverage, Python, Flask or PostgreSQL, must not change a result.
SEEN = re.compile(
    "PATH|HOME|USER|LOGNAME|TERM|NO_COLOR|TMPDIR|LD_LIBRARY_PATH|PYENV_.+|XDG_.+"
    "|CI|GITHUB_.+|RUNNER_.+|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|SELENIUM_.+|SE_.+"
    # The network and the package index.
    "|PIP_.+|UV_.+|.+_PROXY|SSL_CERT_.+|.+_CA_BUNDLE|GIT_SSL_.+"
    # Windows does not work without these.
    "|SYSTEM.+|WINDIR|COMSPEC|PATHEXT|PROGRAM.+|PROCESSOR_.+|USERPROFILE|(LOCAL)?APPDATA|TE?MP",
    re.IGNORECASE,
)
for variable in [name for name in os.environ if not SEEN.fullmatch(name)]:
    del os.environ[variable]
# The path of a socket has at most 103 bytes, and the tests' Redis server cannot read a path with a
# space. Without TMPDIR, temporary folders are in /tmp.
if re.search(r"\s|.{41}", os.environ.get("TMPDIR", "")):
    del os.environ["TMPDIR"]
# Processes start faster with byte code. pip compiles what it installs, uv does not by itself.
os.environ["UV_COMPILE_BYTECODE"] = "1"


def install(
    session: nox.Session, *groups: str, versions: str = "--constraint=constraints.txt"
) -> None:
    """Install the application's dependencies and these groups, by default as pinned."""
    needed = [*PYPROJECT["project"]["dependencies"]]
    needed += nox.project.dependency_groups(PYPROJECT, *groups)
    # uv leaves lock files in the temporary folder.
    env = {"TMPDIR": str(session.env_dir)}
    session.install(versions, *needed, env=env, log=False)


def install_with_browser(session: nox.Session, group: str) -> None:
    """Install a group for tests in a browser and, if possible, the browser."""
    install_program(session, "chromedriver", "chromium-headless-shell", "chromium-driver")
    install(session, group)
    # Only the axe-core script inside this package is used, so its own dependencies are left out.
    axe = nox.project.dependency_groups(PYPROJECT, "axe")
    session.install("--constraint=constraints.txt", "--no-deps", *axe, log=False)


def install_program(session: nox.Session, program: str, *packages: str) -> None:
    """Install a missing program with apt, if the user is root.

    A distribution without these packages is not an error: the tests name what they miss.
    """
    if not shutil.which(program) and shutil.which("apt-get") and os.geteuid() == 0:
        apt = ["apt-get", "install", "-qy", "--no-install-recommends", *packages]
        # RUNLEVEL=1 stops the packages from starting services.
        env = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        for command in (["apt-get", "update", "-q"], apt):
            session.run(*command, env=env, external=True, success_codes=[0, 100])


def run_tests(session: nox.Session, *command: str, **env: str) -> None:
    """Run tests that, when interrupted, need time to stop their browsers and servers."""
    session.run(*command, env=env, interrupt_timeout=1, terminate_timeout=20)


def pytest_command(session: nox.Session, *paths: str) -> list[str]:
    """Return the command that runs the tests in `paths`, or in the paths given after `--`."""
    report = [f"--junit-xml=reports/junit/{session.name}.xml"] if "CI" in os.environ else []
    return [*PYTEST, *report, "-o", f"testpaths={' '.join(paths)}", *session.posargs]


def measure(session: nox.Session, layer: str, *command: str, **settings: str) -> None:
    """Run `python -m COMMAND` under coverage and keep the data for the `coverage` session."""
    env = {"COVERAGE_FILE": f".coverage.{layer}", **settings}
    session.run("coverage", "erase", env=env, log=False)
    run_tests(session, "python", "-W", "error", "-m", "coverage", "run", "-m", *command, **env)


@nox.session
def unit(session: nox.Session) -> None:
    """Run the unit tests with unittest (no pytest installed)."""
    install(session, "unit")
    # pytest tells coverage which test is running; unittest does not.
    measure(session, "unit", *UNITTEST, *session.posargs, COVERAGE_CONTEXT="test_function")


@nox.session
def integration(session: nox.Session) -> None:
    """Run the integration tests with pytest (-- -k login -n 2)."""
    install(session, "integration")
    measure(session, "integration", *pytest_command(session, "tests/integration"))


@nox.session
def system(session: nox.Session) -> None:
    """Run the browser, server and command-line tests (-- --headed)."""
    install_system(session)
    measure(session, "system", *pytest_command(session, "tests/system"))


@nox.session(requires=["unit", "integration", "system"])
def coverage(session: nox.Session) -> None:
    """Run all three layers and check that they cover 100 % of the code."""
    install(session, "unit")
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "html", "--quiet", "--fail-under=0")
    session.log("Each line, and the tests that run it: htmlcov/index.html")
    session.run("coverage", "report")


@nox.session
def postgres(session: nox.Session) -> None:
    """Run the integration tests on PostgreSQL."""
    install(session, "integration", "postgres")
    run_tests(session, *pytest_command(session, "tests/integration"), "--postgres")


@nox.session
def lowest(session: nox.Session) -> None:
    """Run unit and integration tests on the lowest versions allowed."""
    install(session, "unit", "integration", versions="--resolution=lowest-direct")
    run_tests(session, "python", "-W", "error", "-m", *UNITTEST)
    run_tests(session, *pytest_command(session, "tests/integration"))


@nox.session
def lock(session: nox.Session) -> None:
    """Pin the dependencies (-- --upgrade for the newest versions)."""
    install(session, "nox")
    compile_pins(session, Path(), *session.posargs)


def compile_pins(session: nox.Session, folder: Path, *options: str) -> None:
    """Write constraints.txt and requirements.txt into a folder."""
    constraints, requirements = (str(folder / name) for name in PINS)
    command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version=3.11"]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    command += ["--custom-compile-command=nox -s lock", *options]
    groups = [f"--group={group}" for group in PYPROJECT["dependency-groups"]]
    session.create_tmp()  # uv leaves lock files in the temporary folder
    session.run(*command, *groups, "-o", constraints, log=False)
    hashes = ["--constraint", constraints, "--generate-hashes", "--no-annotate"]
    session.run(*command, *hashes, "-o", requirements, log=False)


# The sessions above suit any Flask project. The rest is for this project only.

POINTS = "docs/points.yml"  # a workflow that teachers copy into their students' repositories
PASSWORD = "using-templates-in-flask"  # noqa: S105 - of the course's users, on your own machine
WORKFLOWS = [str(path) for path in Path(".github/workflows").iterdir()] + [POINTS]
DEVELOPMENT = [f"git+https://github.com/pallets/{name}" for name in ("flask", "werkzeug")]
BENCHES = ["posts", "kata", "browser", "servers"]


def install_system(session: nox.Session) -> None:
    """Install the dependencies of the system layer and, if possible, a browser and Nginx."""
    install_program(session, "nginx", "nginx-light")
    install_with_browser(session, "system")


@nox.session
def serve(session: nox.Session) -> None:
    """Serve the blog with the course data (-- --debug reloads edited code)."""
    install(session)
    session.run("flask", "init-db")
    session.run("flask", "seed", "--password", PASSWORD)
    session.log(f"Log in as John Williams with the password {PASSWORD}")
    # Ctrl-C stops the server, which exits with 0: nox must not report a failure.
    signal.signal(signal.SIGINT, lambda *_: None)
    port = f"--port={free_port(session)}"
    session.run("flask", "run", port, *session.posargs, env=repository(session))


def repository(session: nox.Session) -> dict[str, str]:
    """Return the setting that links the pages to the repository, if it was cloned over HTTPS."""
    if not shutil.which("git"):
        return {}
    command = ["git", "remote", "get-url", "origin"]
    codes = range(256)  # no repository, or no remote
    url = session.run(*command, external=True, silent=True, log=False, success_codes=codes)
    # An address with a password or a token must not be on the pages: it has an @.
    found = re.fullmatch(r"(https://[\w./-]+?)(\.git)?/?", str(url).strip())
    return {"FLASK_REPOSITORY_URL": found[1]} if found else {}


def free_port(session: nox.Session) -> int:
    """Return Flask's default port, or 0 (any free port) if it is in use."""
    try:
        socket.create_server(("127.0.0.1", 5000)).close()
    except OSError:
        session.warn("Port 5000 is in use: the blog gets a free port.")
        return 0
    return 5000


@nox.session
def lint(session: nox.Session) -> None:
    """Check the code style, the workflows and the pinned dependencies."""
    install(session, "lint")
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")
    session.run("check-jsonschema", "--builtin-schema=vendor.dependabot", ".github/dependabot.yml")
    session.run("check-jsonschema", "--builtin-schema=vendor.github-workflows", *WORKFLOWS)
    session.run("zizmor", "--quiet", "--offline", "--persona=pedantic", ".github", POINTS)
    check_pins(session)


def check_pins(session: nox.Session) -> None:
    """Fail if constraints.txt or requirements.txt does not match pyproject.toml."""
    folder = Path(session.create_tmp())
    for name in PINS:
        shutil.copy(name, folder)
    compile_pins(session, folder)
    if stale := [name for name in PINS if Path(name).read_text() != (folder / name).read_text()]:
        session.error(f"Out of date with pyproject.toml: {', '.join(stale)}. Run: nox -s lock")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of all code except the kata exercises."""
    install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def map_check(session: nox.Session) -> None:
    """Check that docs/course.md is current and no feature lacks a test."""
    install(session, "system")
    session.run("python", "tools/course_map.py", "--check")


@nox.session
def newest(session: nox.Session) -> None:
    """Run unit and integration tests on Flask's development version."""
    install(session, "unit", "integration", versions="--upgrade")
    session.install("--upgrade", *DEVELOPMENT)
    run_tests(session, "python", "-W", "error", "-m", *UNITTEST)
    shim = "tests/tools/test_flask_testing_shim.py"
    run_tests(session, *pytest_command(session, "tests/integration", shim))


@nox.session(name="map")
def map_(session: nox.Session) -> None:
    """Update docs/course.md, the list of features and their tests."""
    install(session, "system")
    session.run("python", "tools/course_map.py", *session.posargs)


@nox.session
def kata(session: nox.Session) -> None:
    """Grade the tests in kata/ (-- cookies for one topic, -- --help)."""
    # nox prints a failed command in red, but a low grade is no failure. So its status 1 counts as a
    # success. The grader leaves a file after a low grade, and the session then exits with 1.
    try:
        install_system(session)
    except CommandFailed:
        sys.exit(2)
    low_grade = Path(session.virtualenv.location, "low-grade")
    low_grade.unlink(missing_ok=True)
    try:
        session.run(
            *("python", "-m", "grader", *session.posargs),
            env={"KATA_LOW_GRADE": str(low_grade)},
            success_codes=[0, 1],
            interrupt_timeout=1,
            terminate_timeout=20,
        )
    except CommandFailed as failure:
        sys.exit(failure.return_code)
    if low_grade.exists():
        sys.exit(1)


@nox.session(venv_backend="none")
def read(session: nox.Session) -> None:
    """Print the tests of a topic as sentences (-- cookies)."""
    try:
        session.run(sys.executable, "tools/read.py", *session.posargs, external=True, log=False)
    except CommandFailed as failure:
        sys.exit(failure.return_code)


@nox.session
def tools(session: nox.Session) -> None:
    """Run the tests of the grader and the other tools."""
    install(session, "integration", "tools")
    run_tests(session, *pytest_command(session, "tests/tools"))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure lists, kata, browser and servers (-- servers, -- --quick)."""
    install_system(session)
    options = [argument for argument in session.posargs if argument not in BENCHES]
    for name in [name for name in BENCHES if name in session.posargs] or BENCHES:
        session.run("python", "-m", f"tools.bench.{name}", *options)


@nox.session
def book(session: nox.Session) -> None:
    """Build the course book and test it (-- --serve, -- --translate)."""
    install_with_browser(session, "book")
    run_tests(session, "python", "-m", "tools.pictures")
    site = Path("docs/_build/html").absolute()
    # Commands on the pages must not use your own database.
    env = {"FLASK_INSTANCE_PATH": session.create_tmp()}
    session.run(*sphinx("gettext", "en", "docs/_build/gettext"), env=env)
    if "--translate" in session.posargs:
        session.run("python", "-m", "tools.book", "--translate")
    english, spanish = sphinx("html", "en", str(site)), sphinx("html", "es", str(site / "es"))
    session.run(*english, env=env)
    session.run(*spanish, env=env)
    session.run("python", "-m", "tools.book")
    session.log(f"Read it in a browser: {(site / 'index.html').as_uri()}")
    if not session.posargs:
        # Each page is a test of its own, so the pages are shared out among the processes.
        run_tests(session, *pytest_command(session, "tests/book"), "--dist=load")
    if "--serve" in session.posargs:
        watch = [f"--watch={name}" for name in ("app", "kata/bugs", "tests", "tools")]
        watch += ["--ignore=docs/_build/*", "--ignore=*.mo", f"--pre-build={shlex.join(spanish)}"]
        session.run("sphinx-autobuild", "--port=0", *watch, *english[1:], env=env)


def sphinx(builder: str, language: str, output: str) -> list[str]:
    """Return the command that builds the book. A warning is an error."""
    checks = ["--fail-on-warning", "--nitpicky", "--quiet"]
    # The builds for a translator and for a reader cannot share their parsed pages.
    cache = f"docs/_build/doctrees/{builder}-{language}"
    options = [f"--builder={builder}", f"--define=language={language}", f"--doctree-dir={cache}"]
    return ["sphinx-build", *checks, *options, "docs", output]
