"""Starting the programs under test, waiting for them, and ending just those."""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SHARED_DIR", REPOSITORY.parent / "shared"))
START_SECONDS = 20

# As it was before conftest.py cleaned it: installing packages may need the user's own proxy.
USERS_ENVIRONMENT = dict(os.environ)

_FOREIGN = re.compile(
    r"(?i)^(https?_proxy|all_proxy|no_proxy|.*_api_key|.*_auth_token|anthropic_.*|openai_.*|gateway_.*|admin_key|port"
    r"|cache_ttl_seconds|classifier_.*|default_max_tokens|local_.*|smart_routing_mode|enable_smart_routing|enable_skills|cascade_.*|xdg_.*)$"
)


def clean_environment(**more):
    """The environment without what would change the programs' behaviour: proxies, keys, settings."""
    kept = {name: value for name, value in os.environ.items() if not _FOREIGN.match(name)}
    return kept | {name: str(value) for name, value in more.items()}


def wait_until(condition, what, seconds=10):
    """Polls until the condition gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


def binary(name):
    """A program of this repository; while it is being rebuilt, waits for it."""
    directory = Path(os.environ.get("GATEWAY_BIN_DIR", REPOSITORY / ".build" / "debug"))
    path = directory / name
    wait_until(lambda: os.access(path, os.X_OK), f"{path} is there; build it or set GATEWAY_BIN_DIR", 120)
    return str(path)


def as_stranger(*command):
    """The command as another user, one who owns nothing."""
    return ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *map(str, command)]


def no_stranger(program):
    """Why nothing can be tried as another user, or None."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return "only root, with setpriv, can try something as another user"
    if subprocess.run(as_stranger("test", "-x", program)).returncode:
        return f"another user cannot reach {program}"
    return None


class Child:
    """A process that a test started, with all it writes collected."""

    def __init__(self, name, arguments, environment=None, directory=None):
        self.name = name
        self._lines = {"stdout": [], "stderr": []}
        for _ in range(40):
            try:
                self.process = subprocess.Popen(
                    arguments,
                    env=environment if environment is not None else clean_environment(),
                    cwd=directory,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                )
                break
            except OSError:  # the linker is just writing it
                time.sleep(0.25)
        else:
            raise AssertionError(f"{arguments[0]} cannot be started")
        self._readers = [
            threading.Thread(target=self._collect, args=(getattr(self.process, stream), stream), daemon=True)
            for stream in self._lines
        ]
        for reader in self._readers:
            reader.start()

    def _collect(self, pipe, stream):
        for line in pipe:
            self._lines[stream].append(line.decode("utf-8", "replace"))

    @property
    def pid(self):
        return self.process.pid

    @property
    def stdout(self):
        return "".join(self._lines["stdout"])

    @property
    def stderr(self):
        return "".join(self._lines["stderr"])

    def find(self, pattern, stream="stderr", seconds=START_SECONDS):
        """Waits for output that matches, and fails at once when the process ends without."""

        def look():
            match = re.search(pattern, getattr(self, stream))
            if match is None and self.process.poll() is not None:
                for reader in self._readers:
                    reader.join(5)
                match = re.search(pattern, getattr(self, stream))
                assert match, f"{self.name} ended with {self.process.returncode}:\n{self.stderr}{self.stdout}"
            return match

        return wait_until(look, f"{self.name} writes {pattern!r}", seconds)

    def wait(self, seconds=10):
        """The exit code, once it ends of itself."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {seconds} s") from None
        for reader in self._readers:
            reader.join(5)
        return code

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Ends it whatever it does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        for reader in self._readers:
            reader.join(5)

    def resident_kilobytes(self):
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1])


class Gateway(Child):
    """A running gatewayd."""

    def __init__(self, directory, config=None, arguments=(), environment=None, wait=True):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.socket = self.directory / "run" / "gw.sock"
        command = [binary("gatewayd"), "serve", "--port", "0", "--socket", str(self.socket)]
        if config is not None:
            self.config = self.directory / "config.yaml"
            # JSON is YAML, and says without doubt what is text and what is a number.
            self.config.write_text(config if isinstance(config, str) else json.dumps(config, indent=1))
            # There are keys in it, of which the gateway would warn.
            self.config.chmod(0o600)
            command += ["--config", str(self.config)]
        super().__init__("gatewayd", command + list(arguments), environment or xdg(self.directory), self.directory)
        if wait:
            self.port = int(self.find(r"listens on http://127\.0\.0\.1:(\d+)")[1])
            self.find(r"control socket ")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"


def xdg(directory, **more):
    """A clean environment whose XDG directories and home are below a directory."""
    directory = Path(directory)
    homes = {
        name: directory / word
        for name, word in {
            "XDG_RUNTIME_DIR": "xr",
            "XDG_CONFIG_HOME": "xc",
            "XDG_STATE_HOME": "xs",
            "XDG_CACHE_HOME": "xh",
            "HOME": "home",
        }.items()
    }
    for path in homes.values():
        path.mkdir(parents=True, exist_ok=True)
    return clean_environment(**homes, **more)

def backend(name, url, model=None, tier="fast", **more):
    """An entry of `models`."""
    return {
        "name": name,
        "provider": "anthropic",
        "model": model or name,
        "base_url": url,
        "tier": tier,
        "api_key": "upstream-secret",
    } | more


def config(*backends, **sections):
    """A configuration that takes every model name at its word, neither keeps nor shares answers, and calls once."""
    off = {"enabled": False}
    quiet = {name: off for name in ("cache", "coalesce", "retry", "breaker")}
    return {"routing": {"mode": "off"}, "models": list(backends)} | quiet | sections
