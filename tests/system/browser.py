"""The browser of this layer: found, started, read, and put away with all that it leaves behind."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchDriverException
from selenium.webdriver.common.driver_finder import DriverFinder
from selenium.webdriver.common.proxy import Proxy
from selenium.webdriver.remote.client_config import ClientConfig

from tests.support.missing import missing

# The headless shell comes first: it needs two thirds of the time of a whole browser.
HEADLESS = ["chromium-headless-shell", "chrome-headless-shell"]
WHOLE = ["google-chrome", "chromium", "chromium-browser", "chrome"]
# What Debian has on PATH as `chromium-headless-shell` is a shell script: a driver that ends it
# leaves the browser itself running. The browser is here.
DEBIAN = "/usr/lib/chromium"

MISSING = (
    "There is no browser, and none can be fetched: install Chromium and its driver (on Debian: "
    "apt-get install chromium-headless-shell chromium-driver), or set SELENIUM_REMOTE_URL."
)

# The address of a Selenium Grid; without one, the browser is this machine's.
REMOTE = os.environ.get("SELENIUM_REMOTE_URL")

ARGUMENTS = [
    "--window-size=1280,900",
    # Left alone, Chromium looks outside at every start.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]

# What a page can store, beside its cookies. To clear "all" takes three times as long.
STORAGE = "cache_storage,indexeddb,local_storage,service_workers"

# Runs the driver while the standard input is open: until this process closes it, or dies of
# whatever. Then the driver and its browsers end, in any state, and their folder is removed. The
# output is the driver's alone: it ends when the driver does.
SERVE = """
setsid "$0" --port=0 &
exec > /dev/null 2>&1
cat
kill -s KILL -- "-$!"
while [ -e "$TMPDIR" ]; do rm -rf "$TMPDIR"; done
"""

# Opens a browser; given a folder, one that keeps its profile there for the next one.
OpenBrowser = Callable[..., "Browser"]


class Browser(webdriver.Remote):
    """A browser, and what its console has said since it last forgot everything."""

    def __init__(self, driver: ClientConfig, options: webdriver.ChromeOptions) -> None:
        self.console: list[dict[str, Any]] = []
        super().__init__(driver.remote_server_addr, options=options, client_config=driver)

    def cdp(self, command: str, **parameters: Any) -> None:
        """Send a command of the Chrome DevTools Protocol."""
        self.execute("executeCdpCommand", {"cmd": command, "params": parameters})

    def read_console(self) -> list[dict[str, Any]]:
        """Give what the console has said so far."""
        self.console += self.execute("getLog", {"type": "browser"})["value"]
        return self.console

    def forget(self, origin: str) -> None:
        """Forget all cookies, what `origin` has stored, and the console."""
        self.cdp("Network.clearBrowserCookies")
        self.cdp("Storage.clearDataForOrigin", origin=origin, storageTypes=STORAGE)
        self.read_console()
        self.console = []


@contextmanager
def browsers(*, headed: bool) -> Iterator[OpenBrowser]:
    """Give what opens a browser: of this machine, or of the Grid at `SELENIUM_REMOTE_URL`."""
    with ExitStack() as stack:
        binary = ""
        if REMOTE:
            driver = ClientConfig(REMOTE)
        else:
            program, binary = find(headed=headed)
            address = stack.enter_context(serving(program))
            # The way to a Grid may be through a proxy; the way to this machine is not.
            driver = ClientConfig(address, proxy=Proxy({"proxyType": "DIRECT"}))

        def open_browser(folder: Path | None = None) -> Browser:
            options = webdriver.ChromeOptions()
            options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
            for argument in ARGUMENTS:
                options.add_argument(argument)
            if not headed:
                options.add_argument("--headless=new")
            if os.geteuid() == 0:
                # Chromium has no sandbox for root, and wants to be told that this is known.
                options.add_argument("--no-sandbox")
            options.binary_location = binary
            if folder:
                if REMOTE:
                    missing("A Grid's browsers keep their profiles to themselves.")
                options.add_argument(f"--user-data-dir={folder / 'profile'}")
                options.binary_location = with_a_page(binary, folder)
            return Browser(driver, options)

        yield open_browser


def with_a_page(binary: str, folder: Path) -> str:
    """Give a program that starts the browser with a page.

    A driver that is told the profile leaves the page to the browser, the headless shell leaves it
    to the driver, and for want of one they end after a minute.
    """
    program = folder / "browser"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(binary)} "$@" about:blank\n')
    program.chmod(0o700)
    return str(program)


def find(*, headed: bool) -> tuple[str, str]:
    """Give the driver and its browser; Selenium Manager is to bring what is missing."""
    path = os.pathsep.join([DEBIAN, os.environ.get("PATH", "")])
    names = WHOLE if headed else [*HEADLESS, *WHOLE]
    browser = next(filter(None, (shutil.which(name, path=path) for name in names)), "")
    driver = shutil.which("chromedriver")
    if driver and browser:
        return driver, browser

    # In seconds; its own limit is five minutes, and they pass where packets vanish.
    os.environ.setdefault("SE_TIMEOUT", "30")
    os.environ.setdefault("SE_AVOID_STATS", "true")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    finder = DriverFinder(webdriver.ChromeService(), options)
    try:
        return finder.get_driver_path(), finder.get_browser_path()
    except NoSuchDriverException:
        missing(MISSING)


@contextmanager
def serving(driver: str) -> Iterator[str]:
    """Run the driver on a free port, and give its address.

    The port that it finds free may be taken before it has it: then it ends, and another is tried.
    """
    said = ""
    for _ in range(3):
        process = subprocess.Popen(  # noqa: S603 - nothing in it comes from outside
            ["/bin/sh", "-c", SERVE, driver],
            env={**os.environ, "TMPDIR": tempfile.mkdtemp(prefix="browser-")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests to obey
        )
        try:
            for line in process.stdout:
                if port := re.search(r"successfully on port (\d+)", line):
                    yield f"http://127.0.0.1:{port[1]}"
                    return
                said += line
        finally:
            process.communicate()
    pytest.fail(f"{driver} does not start: {said}", pytrace=False)
