"""Secrets and prompts where they do not belong: in what all other faults left behind, and in what the daemon says of itself."""

import base64
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
import urllib.parse

from .control import line
from .lab import (ADMIN, CLIENT_KEY, KIT, PROMPT_MARK, UPSTREAM_KEY, Skip, ask, body, check, fault, processes, require, run,
                  wait_until, wire, works)

SECRETS = [CLIENT_KEY, UPSTREAM_KEY, ADMIN["x-api-key"], "s3cret-pg-word"]
# Holds the keys because somebody wrote them there; holds prompts because log.prompts says so.
MAY_HOLD_KEYS = re.compile(r"config\.yaml$|/password$")
MAY_HOLD_PROMPTS = re.compile(r"\.db(-wal|-shm)?$|\.db\.damaged-[^/]*$")


def forms(text):
    """A text as it may stand in a file: itself, in Base64, percent-encoded, in hexadecimal digits."""
    data = text.encode()
    return {data, base64.b64encode(data).rstrip(b"="), urllib.parse.quote(text, safe="").encode(), data.hex().encode()}


def search(place):
    """The files in which a secret is, or a prompt that should not be there, and how many were searched."""
    found, searched = [], 0
    secret = [form for text in SECRETS for form in forms(text)]
    mark = PROMPT_MARK.encode()
    for path in place.rglob("*"):
        if path.is_symlink() or not stat.S_ISREG(path.stat().st_mode):
            continue
        data = path.read_bytes()
        searched += 1
        if not MAY_HOLD_KEYS.search(str(path)) and any(form in data for form in secret):
            found.append(f"{path}: a key")
        if not MAY_HOLD_PROMPTS.search(str(path)) and mark in data:
            found.append(f"{path}: a prompt")
    return found, searched


def remove(place):
    shutil.rmtree(place, ignore_errors=True)


HOSTILE = f"{PROMPT_MARK} \x1b]52;c;ZXZpbA==\x07\x1b[2J \u202egnp.exe \x9b31m <script>alert(1)</script>"
# Good requests and bad ones, with keys and marks in them.
TROUBLE = [
    (body(HOSTILE), {}), (body("x"), {"x-gateway-project": CLIENT_KEY}), (body("x [[status:401]]"), {}), (body("x [[status:500]]"), {}),
    (b"not JSON " + CLIENT_KEY.encode(), {}), (body("x"), {"x-api-key": CLIENT_KEY + "x"}),
]


def provoke(daemon, requests, after=lambda number: None):
    """Sends them, and gives what was answered to those that failed."""
    told = b""
    for number, (data, headers) in enumerate(requests):
        answer = wire.messages(daemon.port, data, {"x-api-key": CLIENT_KEY} | headers)
        if answer.status != 200:
            told += answer.body + str(answer.headers).encode() + b"\n"
        after(number)
    return told


def scan(daemon, prompts_in):
    """The kit's search through all that lies beside a daemon; its last line. Prompts may be in the files of such names."""
    command = [sys.executable, str(KIT / "leakscan.py"), "--paths", str(daemon.directory), "--pid", str(daemon.pid),
               "--secret-ok", r"config\.yaml$", "--prompt", PROMPT_MARK, "--prompt-ok", prompts_in]
    for secret in SECRETS:
        command += ["--secret", secret]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    check(done.returncode == 0, "; ".join(text for text in lines if "FAIL" in text)[:1500])
    return f"leakscan: {lines[-1]}"


def scanned_daemon(lab):
    """A daemon with a provider, whose directory will be searched."""
    if not (KIT / "leakscan.py").is_file():
        raise Skip(f"the fault kit is not at {KIT}; set KIT=directory")
    settings = lab.settings(lab.provider().url, log={"level": "debug", "prompts": "none"},
                            cache={"enabled": True, "disk": True}, routing={"mode": "always"})
    return lab.daemon(settings)


@fault("leaks", "leaks_of_a_busy_daemon", "the kit's leakscan over files, metrics, socket and error bodies: no hit")
def busy(lab):
    daemon = scanned_daemon(lab)
    (daemon.directory / "errors.txt").write_bytes(provoke(daemon, TROUBLE))
    for path in ("/admin/metrics", "/v1/metrics", "/v1/metrics/recent?n=100", "/v1/backends", "/health", "/admin/usage?by=key"):
        name = path.strip("/").replace("/", "-").split("?")[0]
        (daemon.directory / f"page-{name}.json").write_bytes(wire.ask(daemon.port, "GET", path, headers=ADMIN).body)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(daemon.socket))
        client.settimeout(2)
        client.sendall(line(1, "hello", protocol=1, client="leak/1") + line(2, "daemon.status")
                       + line(3, "exchanges.list", limit=100) + line(4, "cache.stats") + line(5, "metrics.subscribe"))
        time.sleep(1.5)
        (daemon.directory / "socket.json").write_bytes(client.recv(1 << 20))
    daemon.when_written()
    daemon.keep_output()
    return scan(daemon, r"cache\.db|errors\.txt")


class Screen:
    """gateway-tui in a terminal (tmux). What it shows is kept beside the daemon's files, as text."""

    def __init__(self, lab, daemon):
        require("tmux", "tmux")
        self._daemon = daemon
        self._name = f"gw-leaks-{os.getpid()}"
        self._environment = processes.xdg(daemon.directory, TERM="xterm-256color", LANG="C.UTF-8")
        # So wide that a key would stand in one line.
        self._tmux("-f", "/dev/null", "new-session", "-d", "-s", "t", "-x", "240", "-y", "60",
                   processes.binary("gateway-tui"), "--socket", str(daemon.socket))
        lab.finally_do(lambda: subprocess.run(["tmux", "-L", self._name, "kill-server"], capture_output=True))
        self.texts = []

    def _tmux(self, *arguments):
        return run("tmux", "-L", self._name, *arguments, env=self._environment)

    def keep(self, name, until=""):
        """Keeps what is shown, once it holds a text."""
        def shown():
            text = self._tmux("capture-pane", "-p", "-J", "-t", "t")
            return text if until in text else None

        text = wait_until(shown, f"{until!r} on the screen", 15)
        (self._daemon.directory / f"screen-{name}.txt").write_text(text)
        self.texts.append(text)
        return text

    def press(self, *keys):
        self._tmux("send-keys", "-t", "t", *keys)


@fault("leaks", "leaks_on_a_terminal", "what gateway-tui shows and prints while all that happens: leakscan has no hit")
def terminal(lab):
    daemon = scanned_daemon(lab)
    screen = Screen(lab, daemon)
    screen.keep("at-first", "● live")
    provoke(daemon, TROUBLE, lambda number: screen.keep(f"after-{number}"))
    rows = len(wire.get_json(daemon.port, "/v1/metrics/recent?n=100", {"x-api-key": CLIENT_KEY})["exchanges"])
    screen.keep("dashboard", f"requests {rows}")
    for key, view in enumerate(("Dashboard", "Requests", "Tester", "Backends", "Cache", "Savings", "Workflows", "Log"), 1):
        # The tester takes what is typed for its prompt; with Alt a key always goes to its view.
        screen.press(f"M-{key}")
        screen.keep(view, f"[{key} {view}]")
    screen.keep("log", "exchange")
    screen.press("M-2")
    screen.keep("table", "[2 Requests]")
    screen.press("Enter")
    screen.keep("beside", "what happened?")
    screen.press("z")
    wait_until(lambda: "tier/model" not in screen.keep("zoomed"), "the detail has the whole screen", 15)
    ids = set()
    for row in range(rows):
        def another():
            found = re.search(r"╭─ ([0-9a-f]{16}) · ", screen.keep(f"detail-{row}", "Esc closes"))
            return found and found[1] not in ids and found[1]

        ids.add(wait_until(another, "the next detail", 15))
        screen.press("Down")
    for mode in (["--json"], *(["--once", "--size", "240x60", "--view", view] for view in ("dashboard", "requests", "backends"))):
        command = [processes.binary("gateway-tui"), *mode, "--socket", daemon.socket]
        text = run(*command, env=processes.xdg(daemon.directory), timeout=30)
        (daemon.directory / f"printed{'-'.join(mode)}.txt").write_text(text)
        screen.texts.append(text)
    daemon.when_written()
    # It would be nothing to find no key on screens that show nothing.
    for word in ("haiku", "result    401", "result    500", "attempts", "invalid JSON"):
        check(any(word in text for text in screen.texts), f"no screen shows {word}")
    return f"{scan(daemon, 'cache.db')} ({len(screen.texts)} screens and prints)"


@fault("leaks", "redirect_canary", "a provider that sends the gateway elsewhere: nobody comes there")
def canary(lab):
    visits = []
    port = lab.listener(lambda connection: visits.append(connection.recv(65_536)))
    total = 0
    for status in (301, 302, 303, 307, 308):
        upstream = wire.Upstream(wire.reply_with(status, b"", {"location": f"http://127.0.0.1:{port}/stolen"}))
        lab.finally_do(upstream.stop)
        daemon = lab.daemon(lab.settings(upstream.url))
        for more in ({}, {"stream": True}):
            answer = ask(daemon.port, f"see http://127.0.0.1:{port}/image.png", **more)
            total += 1
            check(answer.status == 502 and answer["location"] is None, f"{status}: answered {answer.status}")
        image = {"type": "image", "source": {"type": "url", "url": f"http://127.0.0.1:{port}/image.png"}}
        wire.messages(daemon.port, body("x") | {"messages": [{"role": "user", "content": [image]}]}, {"x-api-key": CLIENT_KEY})
        daemon.end()
    check(not visits, f"{len(visits)} visits")
    return f"0 visits after {total} redirects"


@fault("leaks", "keys_are_in_no_argument", "nothing in /proc tells a key: arguments, environment of other users' sight")
def arguments(lab):
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url))
    works(daemon.port)
    with open(f"/proc/{daemon.pid}/cmdline", "rb") as file:
        text = file.read()
    check(not any(secret.encode() in text for secret in SECRETS), "a key is among the arguments")
    owner = os.stat(f"/proc/{daemon.pid}/environ").st_mode & 0o077
    check(owner == 0, "others may read its environment")
    return "none"
