"""The browser of the system layer: how it is found, started and stopped."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from selenium import webdriver
from selenium.common.exceptions import NoSuchDriverException, SessionNotCreatedException

from tests.support.missing import missing
from tests.system.processes import stop_process_tree

# The headless shell comes first: it needs two thirds of the time of a full browser.
HEADLESS_SHELLS = ["chromium-headless-shell", "chrome-headless-shell"]
FULL_BROWSERS = ["google-chrome", "chromium", "chromium-browser", "chrome"]
# Debian's commands in /usr/bin are shell scripts. If the script is killed, the browser keeps
# running.
DEBIAN = "/usr/lib/chromium"

MISSING = (
    "There is no browser, and none could be downloaded. Install Chromium and its driver (on Debian "
    "and Ubuntu: apt-get install chromium-headless-shell chromium-driver), or set "
    "SELENIUM_REMOTE_URL."
)

# What the browser prints if its sandbox cannot start. Its driver only says that it has exited.
SANDBOX_ERROR = "No usable sandbox"
NO_SANDBOX = (
    "The browser cannot start its sandbox, because this system allows no user namespaces. On "
    "Debian: apt-get install chromium-sandbox. On Ubuntu: sysctl "
    "kernel.apparmor_restrict_unprivileged_userns=0. In a container: run as root, or set "
    "SELENIUM_REMOTE_URL."
)

# The address of a Selenium Grid. Without one, the browser runs on this machine.
GRID_URL = os.environ.get("SELENIUM_REMOTE_URL")

ARGUMENTS = [
    "--window-size=1280,900",
    # Without these, Chromium connects to the internet each time it starts.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]

# What a page can store besides cookies. Clearing "all" takes three times as long.
STORAGE = "cache_storage,indexeddb,local_storage,service_workers"


class Browser(webdriver.Remote):
    """A Selenium driver that collects the messages of the browser's console."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.console: list[dict[str, Any]] = []

    def cdp(self, command: str, **parameters: Any) -> None:
        """Send a command of the Chrome DevTools Protocol."""
        self.execute("executeCdpCommand", {"cmd": command, "params": parameters})

    def read_console(self) -> list[dict[str, Any]]:
        """Return the console messages since the last `clear`."""
        # The driver returns each message once.
        self.console += self.execute("getLog", {"type": "browser"})["value"]
        return self.console

    @contextmanager
    def slow_connection(self) -> Iterator[None]:
        """Delay each response in a `with` block."""
        self.cdp("Network.enable")
        speed = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
        self.cdp("Network.emulateNetworkConditions", latency=1000, **speed)  # milliseconds
        try:
            yield
        finally:
            self.cdp("Network.emulateNetworkConditions", latency=0, **speed)
            self.cdp("Network.disable")

    def clear(self, origin: str) -> None:
        """Delete all cookies, the data that `origin` has stored, and the console messages."""
        self.cdp("Network.clearBrowserCookies")
        self.cdp("Storage.clearDataForOrigin", origin=origin, storageTypes=STORAGE)
        self.read_console()
        self.console = []


class LocalBrowser(Browser, webdriver.Chrome):
    """A browser on this machine."""


# Starts a browser for the length of a `with` block. With a folder, the browser keeps its profile
# there: cookies survive until a browser is started with the same folder.
OpenBrowser = Callable[..., AbstractContextManager[Browser]]


@contextmanager
def open_browser(profile: Path | None = None, *, headed: bool = False) -> Iterator[Browser]:
    """Start a browser, on the Selenium Grid if there is one, and quit it at the end."""
    options = webdriver.ChromeOptions()
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ARGUMENTS:
        options.add_argument(argument)
    if not headed:
        options.add_argument("--headless=new")
    if os.geteuid() == 0:
        # As root, Chromium starts only without its sandbox.
        options.add_argument("--no-sandbox")

    if GRID_URL:
        if profile:
            missing("The browsers of a Selenium Grid cannot keep a profile.")
        with Browser(GRID_URL, options=options) as browser:
            yield browser
        return

    names = [*HEADLESS_SHELLS, *FULL_BROWSERS]
    if headed or profile:
        # A headless shell with a profile opens no window, which the driver waits for.
        names = FULL_BROWSERS
    if profile:
        options.add_argument(f"--user-data-dir={profile}")
    with local_browser(names, options) as browser:
        yield browser


@contextmanager
def local_browser(names: list[str], options: webdriver.ChromeOptions) -> Iterator[Browser]:
    """Start the first installed browser of these names, and quit it at the end.

    If the browser or its driver is not installed, Selenium Manager downloads both.
    """
    path = os.pathsep.join([DEBIAN, os.environ["PATH"]])
    installed = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    driver = shutil.which("chromedriver") if installed else None
    if driver:
        options.binary_location = installed
    # Seconds that Selenium Manager tries to reach the network. Its default is five minutes.
    os.environ.setdefault("SE_TIMEOUT", "30")
    os.environ.setdefault("SE_AVOID_STATS", "true")

    with TemporaryDirectory(prefix="browser-") as folder:
        log = Path(folder, "driver.log")
        service = webdriver.ChromeService(
            driver,
            service_args=["--enable-chrome-logs"],
            log_output=str(log),
            # The temporary files of the driver and the browser are deleted with the folder.
            env={**os.environ, "TMPDIR": folder},
            # Ctrl-C interrupts only the tests, which then quit the browser.
            popen_kw={"start_new_session": True},
        )
        try:
            with LocalBrowser(options=options, service=service) as browser:
                yield browser
        except NoSuchDriverException:
            missing(MISSING)
        except SessionNotCreatedException:
            if SANDBOX_ERROR in log.read_text("utf-8", "replace"):
                missing(NO_SANDBOX)
            raise
        finally:
            # A test run that is interrupted while the browser starts has not quit it.
            process = getattr(service, "process", None)
            if process and process.poll() is None:
                stop_process_tree(psutil.Process(process.pid))
