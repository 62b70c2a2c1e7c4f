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
from .lab import ADMIN, CLIENT_KEY, KIT, PROMPT_MARK, UPSTREAM_KEY, Skip, ask, body, check, fault, wire, works

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


@fault("leaks", "leaks_of_a_busy_daemon", "the kit's leakscan over files, metrics, socket and error bodies: no hit")
def busy(lab):
    if not (KIT / "leakscan.py").is_file():
        raise Skip(f"the fault kit is not at {KIT}; set KIT=directory")
    provider, server = lab.provider(), lab.redis()
    settings = lab.settings(provider.url, log={"level": "debug", "prompts": "none"},
                            cache={"enabled": True, "disk": True}, routing={"mode": "always"})
    daemon = lab.daemon(settings)
    _ = server
    errors = daemon.directory / "errors.txt"
    with errors.open("wb") as file:
        hostile = f"{PROMPT_MARK} \x1b]52;c;ZXZpbA==\x07\x1b[2J \u202egnp.exe \x9b31m <script>alert(1)</script>"
        for data, headers in [
            (body(hostile), {}), (body("x [[status:401]]"), {}), (body("x [[status:500]]"), {}),
            (b"not JSON " + CLIENT_KEY.encode(), {}),
            (body("x"), {"x-gateway-project": CLIENT_KEY}), (body("x"), {"x-api-key": CLIENT_KEY + "x"}),
        ]:
            answer = wire.messages(daemon.port, data, {"x-api-key": CLIENT_KEY} | headers)
            if answer.status != 200:
                file.write(answer.body + str(answer.headers).encode() + b"\n")
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
    command = [sys.executable, str(KIT / "leakscan.py"), "--paths", str(daemon.directory), "--pid", str(daemon.pid),
               "--secret-ok", r"config\.yaml$", "--prompt", PROMPT_MARK, "--prompt-ok", r"cache\.db|errors\.txt"]
    for secret in SECRETS:
        command += ["--secret", secret]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    check(done.returncode == 0, "; ".join(text for text in lines if "FAIL" in text)[:1500])
    return f"leakscan: {lines[-1]}"


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
