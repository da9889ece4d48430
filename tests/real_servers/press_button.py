"""Opens a page in headless Chromium as a phone would, presses its button, and tells what was seen.

    press_button.py CHROMIUM URL LANGUAGE SCREENSHOT

Scripts are switched off: the page has to work without them. Prints one JSON object. Speaks the
DevTools protocol over two pipes, so it needs nothing but Python.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time


class Browser:
    def __init__(self, program, language, folder):
        ours, theirs = os.pipe(), os.pipe()

        def take_pipes():
            # Chromium reads commands from 3 and writes answers to 4.
            reads, writes = os.dup(ours[0]), os.dup(theirs[1])
            os.dup2(reads, 3)
            os.dup2(writes, 4)

        self.process = subprocess.Popen(
            [
                program,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                f"--accept-lang={language}",
                f"--user-data-dir={folder}",
                "--remote-debugging-pipe",
                "about:blank",
            ],
            preexec_fn=take_pipes,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(ours[0])
        os.close(theirs[1])
        self.commands, self.answers = ours[1], theirs[0]
        self.unread, self.number, self.session = b"", 0, None
        self.events = []

    def message(self):
        while b"\0" not in self.unread:
            octets = os.read(self.answers, 1 << 16)
            if not octets:
                raise SystemExit("chromium has ended")
            self.unread += octets
        text, self.unread = self.unread.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method, **parameters):
        self.number += 1
        command = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.commands, json.dumps(command).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise SystemExit(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def wait_for(self, event):
        while True:
            for at, message in enumerate(self.events):
                if message.get("method") == event:
                    return self.events.pop(at)
            self.events.append(self.message())

    def value(self, expression):
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")


def seen(browser):
    return {
        "title": browser.value("document.title"),
        "heading": browser.value("document.querySelector('h1').textContent"),
        "text": browser.value("document.body.innerText"),
        "buttons": browser.value("document.querySelectorAll('button').length"),
        "language": browser.value("document.documentElement.lang"),
        "wider_than_screen": browser.value("document.documentElement.scrollWidth > innerWidth"),
        "background": browser.value("getComputedStyle(document.body).backgroundColor"),
        "button_height": browser.value("document.querySelector('button')?.offsetHeight"),
        "cookies": browser.value("document.cookie"),
        "requests": browser.value("performance.getEntriesByType('resource').length"),
    }


def screenshot(browser, path):
    with open(path, "wb") as file:
        file.write(base64.b64decode(browser.ask("Page.captureScreenshot")["data"]))


def press(browser):
    place = browser.value("(({x,y,width,height})=>[x+width/2,y+height/2])(document.querySelector('button').getBoundingClientRect())")
    for kind in ("mousePressed", "mouseReleased"):
        browser.ask("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)


def main(program, url, language, picture):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(program, language, folder)
        target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        browser.session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Log"):
            browser.ask(f"{domain}.enable")
        browser.ask("Emulation.setScriptExecutionDisabled", value=True)
        browser.ask("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
        browser.ask("Page.navigate", url=url)
        browser.wait_for("Page.loadEventFired")
        told = {"before": seen(browser)}
        screenshot(browser, picture)
        dark = [{"name": "prefers-color-scheme", "value": "dark"}]
        browser.ask("Emulation.setEmulatedMedia", features=dark)
        told["dark"] = seen(browser)["background"]
        screenshot(browser, picture.replace(".png", "-dark.png"))
        press(browser)
        browser.wait_for("Page.loadEventFired")
        told["after"] = seen(browser)
        screenshot(browser, picture.replace(".png", "-done.png"))
        logged = [m["params"]["entry"]["text"] for m in browser.events if m.get("method") == "Log.entryAdded"]
        told["complaints"] = logged
        browser.session = None
        browser.ask("Browser.close")
        try:
            browser.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            browser.process.kill()
            time.sleep(0.1)
        print(json.dumps(told))


main(*sys.argv[1:])
