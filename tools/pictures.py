"""Take the screenshots of the course book: `python -m tools.pictures` stores them in docs/_build.

A real server runs with the course's data, and the page objects of the browser tests drive a real
browser. Each screen is taken four times: in the light and in the dark theme, at the width of a desk
and of a phone. While nothing has changed that they show, the pictures are kept.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from tests.support.missing import missing
from tests.system.browser import Browser, open_browser
from tests.system.page import Page
from tests.system.pages import (
    ContactPage,
    FiltersPage,
    GreetingPage,
    LoginPage,
    PostsPage,
    PreferencesPage,
)
from tests.system.processes import ROOT, Process, environment
from tests.system.servers import CHEAP_PASSWORDS, start

PICTURES = ROOT / "docs" / "_build" / "pictures"
SOURCES = [Path(__file__), *(ROOT / "app").glob("*.*"), *(ROOT / "app").glob("[st]*/*")]
PASSWORD = "using-templates-in-flask"  # noqa: S105 - of the course's users, in a temporary database

THEMES = ["light", "dark"]
# Width and height in CSS pixels, and the pixels of the picture for each of them.
DEVICES = {"desk": (800, 600, 1.5), "phone": (360, 780, 1.25)}


class Screen(NamedTuple):
    """A screen of the blog: a text for readers who do not see it, and the way to it."""

    text: str
    open: Callable[[Browser, str], object]


def after_wrong_password(browser: Browser, site: str) -> None:
    """Send the login form with another password."""
    LoginPage(browser, site).open().log_in("John Williams", "password of somebody else")


def own_contact_card(browser: Browser, site: str) -> None:
    """Load the contact card of a user who is logged in."""
    LoginPage(browser, site).open().log_in("John Williams", PASSWORD)
    ContactPage(browser, site).open()


def saved_preferences(browser: Browser, site: str) -> None:
    """Store the default theme, which follows the browser."""
    PreferencesPage(browser, site).open().choose_theme("System")


def single_post(browser: Browser, site: str) -> None:
    """Load a post from the list."""
    PostsPage(browser, site).open().follow("Using Templates in Flask")


# The screen of each page of the book. Three topics have no screen of their own: the command line,
# testing and deployment.
SCREENS = {
    "index": Screen(
        "The blog's front page greets the world, and links each topic of the course.",
        lambda browser, site: Page(browser, site).open(),
    ),
    "filters": Screen(
        "A page lists expressions with filters, each with its result.",
        lambda browser, site: FiltersPage(browser, site).open(),
    ),
    "views": Screen(
        "John Williams is logged in and edits the city, email and phone of his contact card.",
        own_contact_card,
    ),
    "blueprints": Screen(
        "The greeting page says Hola, John! and links the same page in English.",
        lambda browser, site: GreetingPage(browser, site).open("/es/John"),
    ),
    "models": Screen(
        "A post shows its author, Fordo Baggings, and its tags: Python, Flask and Templates.",
        single_post,
    ),
    "posts": Screen(
        "The list of posts shows the newest first, each with its author, date and tags.",
        lambda browser, site: PostsPage(browser, site).open(),
    ),
    "cookies": Screen(
        "The form of the preferences offers the themes System, Light and Dark. "
        "A message says that they are saved.",
        saved_preferences,
    ),
    "sessions": Screen(
        "After a wrong password, the login form says: Wrong username or password.",
        after_wrong_password,
    ),
}


def picture_file(page: str, device: str, theme: str) -> Path:
    """Return the path of a picture."""
    return PICTURES / f"{page}-{device}-{theme}.png"


def main() -> str:
    """Take all pictures if some are missing or old; return why this is not possible."""
    variants = [(device, theme) for device in DEVICES for theme in THEMES]
    files = [picture_file(page, *variant) for page in SCREENS for variant in variants]
    changed = max(source.stat().st_mtime for source in SOURCES)
    if all(file.exists() and file.stat().st_mtime > changed for file in files):
        return ""
    PICTURES.mkdir(parents=True, exist_ok=True)
    try:
        take_pictures()
    except pytest.skip.Exception as reason:
        print(f"The book has no new pictures. {reason}")
    except pytest.fail.Exception as reason:
        return str(reason)
    return ""


def take_pictures() -> None:
    """Store the pictures of each screen. Skips, or fails with `CI`, if there is no browser."""
    if sys.platform != "linux":
        missing("Only Linux runs the servers of the course.")
    with open_browser() as browser, blog() as site:
        browser.cdp("Emulation.setScrollbarsHidden", hidden=True)
        for page, screen in SCREENS.items():
            browser.clear(site)
            screen.open(browser, site)
            for device, (width, height, scale) in DEVICES.items():
                size = {"width": width, "height": height, "deviceScaleFactor": scale}
                browser.cdp("Emulation.setDeviceMetricsOverride", mobile=False, **size)
                for theme in THEMES:
                    preference = {"name": "prefers-color-scheme", "value": theme}
                    browser.cdp("Emulation.setEmulatedMedia", features=[preference])
                    picture = browser.get_screenshot_as_png()
                    picture_file(page, device, theme).write_bytes(picture)


@contextmanager
def blog() -> Iterator[str]:
    """Start a server with the course's data, and yield its address."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        database = f"sqlite:///{folder}/blog.sqlite"
        variables = environment(folder, DATABASE_URL=database, **CHEAP_PASSWORDS)
        with Process(["flask", "seed", "--password", PASSWORD], variables) as seed:
            seed.wait()
        with start("gunicorn", database) as server:
            yield server.url


if __name__ == "__main__":
    sys.exit(main() or None)
