"""A real browser for everything that a person looks at."""

import shutil
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    playwright = pytest.importorskip("playwright.sync_api")
    own = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with playwright.sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(
                executable_path=own, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            )
        except playwright.Error as error:
            pytest.skip(f"no Chromium to be found ({str(error).splitlines()[0]})")
        yield browser
        browser.close()
