"""All pages in a browser: WCAG 2.2, both themes, a phone, the console, and the search."""

from collections.abc import Iterator

import pytest

from tests.book.built import PAGES
from tests.system.browser import Browser

pytestmark = pytest.mark.usefixtures("book")

SCREENS = {
    "desktop": {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    # The narrowest screen that WCAG 1.4.10 requires, in CSS pixels.
    "phone": {"width": 320, "height": 640, "deviceScaleFactor": 2, "mobile": True},
}


@pytest.fixture(params=SCREENS)
def screen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[str]:
    """The name of the screen that the browser emulates."""
    browser.cdp("Emulation.setDeviceMetricsOverride", **SCREENS[request.param])
    yield request.param
    browser.cdp("Emulation.clearDeviceMetricsOverride")


@pytest.mark.parametrize("path", PAGES)
def test_page_is_accessible_and_fits_the_screen(path, page, screen):
    page.open(path).show_all()

    assert page.overflow == 0
    assert "\n".join(page.violations()) == ""
    page.keep_one_of_each_kind()
    for theme in ("light", "dark"):
        page.use_theme(theme)
        assert page.is_dark == (theme == "dark")
        assert "\n".join(page.contrast_violations()) == "", theme
    assert "\n".join(page.console) == ""


@pytest.mark.parametrize(
    ("language", "feature"),
    [("", "Expire and delete a cookie"), ("es/", "Caducar y borrar una cookie")],
    ids=["English", "Spanish"],
)
def test_search_finds_a_feature_by_its_name(language, feature, page):
    results = page.open(f"{language}index.html").search(feature)

    assert results[f"{language}topics/cookies.html#cookies-expire"].endswith(feature)


def test_language_switch_keeps_the_page(page):
    page.open("topics/cookies.html").follow("Español")
    assert (page.current_path, page.heading) == ("es/topics/cookies.html", "Cookies")

    page.follow("English")
    assert (page.current_path, page.heading) == ("topics/cookies.html", "Cookies")
