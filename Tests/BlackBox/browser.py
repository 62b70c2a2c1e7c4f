"""A real browser without a screen: Debian's Chromium, driven by its own driver."""

import contextlib
import shutil
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from processes import wait_until

HOW = "type: apt-get install -y chromium chromium-driver (or make setup-tests)"
# What ever runs of a hostile prompt sets this.
TRAP = "window.__trapped = []; for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => __trapped.push(name);"


class Browser:
    """A window with a profile of its own, which goes with it."""

    def __init__(self):
        names = ("chromium", "chromium-browser", "google-chrome")
        programs = [next(filter(None, map(shutil.which, names)), None), shutil.which("chromedriver")]
        # Not skipped: without it the page would not have been tested at all.
        assert all(programs), f"the web dashboard's tests need Chromium and its driver; {HOW}"
        self._profile = tempfile.mkdtemp(prefix="gateway-browser-")
        options = webdriver.ChromeOptions()
        options.binary_location = programs[0]
        for argument in (
            "--headless=new",
            "--no-sandbox",  # which does not work as root
            "--no-proxy-server",
            "--no-first-run",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--host-resolver-rules=MAP evil.example 127.0.0.1",
            f"--user-data-dir={self._profile}",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(programs[1]))
        self.driver.set_script_timeout(20)
        self._command("Page.addScriptToEvaluateOnNewDocument", source=TRAP)

    def _command(self, name, **parameters):
        return self.driver.execute_cdp_cmd(name, parameters)

    @contextlib.contextmanager
    def before_each_page(self, source):
        """Has a script run before a page's own."""
        added = self._command("Page.addScriptToEvaluateOnNewDocument", source=source)
        yield
        self._command("Page.removeScriptToEvaluateOnNewDocument", identifier=added["identifier"])

    def end(self):
        self.driver.quit()
        shutil.rmtree(self._profile, ignore_errors=True)

    def size(self, width, height):
        self._command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def prefer(self, scheme):
        self._command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, url):
        # Another page in between: a hash alone would load nothing.
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get(url)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def element(self, selector):
        return self.driver.find_element("css selector", selector)

    def text(self, selector):
        """What an element shows, all white space as one space."""
        return " ".join(self.run("return document.querySelector(arguments[0])?.textContent ?? ''", selector).split())

    def click(self, selector):
        self.element(selector).click()

    def type(self, selector, text):
        element = self.element(selector)
        element.clear()
        element.send_keys(text)

    def wait(self, script, what, seconds=15):
        """Until the expression is true."""
        return wait_until(lambda: self.run(f"return {script}"), what, seconds)

    def wait_for_text(self, selector, text, seconds=15):
        wait_until(lambda: text in self.text(selector), f"{selector} shows {text!r}: {self.text(selector)!r}", seconds)

    def problems(self):
        """What the console told of: errors, and whatever the page's policy did not let happen."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def picture(self, path):
        self.driver.save_screenshot(str(path))
