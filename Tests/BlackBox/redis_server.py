"""A real redis-server for one test: in a directory of its own, on a Unix socket and a free port."""

import os
import shutil
import signal
import socket
import subprocess

from processes import wait_until

PROGRAM = shutil.which("redis-server")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_open(port):
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Redis:
    """Starts at once; `port` stays the same when it is started again."""

    def __init__(self, directory, *options):
        self.directory = directory
        self.port = free_port()
        self.options = options
        self.process = None
        self.password = None
        self.start()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    @property
    def socket(self):
        return self.directory / "redis.sock"

    def start(self):
        command = [PROGRAM, "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", str(self.socket)]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self.directory), "--enable-debug-command", "local"]
        log = (self.directory / "redis.log").open("a")
        self.process = subprocess.Popen(command + list(self.options), stdout=log, stderr=log)
        wait_until(self._answers, "redis-server answers", 10)

    def _answers(self):
        try:
            return self.command("PING") == "PONG" or self.password
        except OSError:
            return False

    def command(self, *words, seconds=5):
        """Sends one command and reads its answer, as far as these tests need it, within so many seconds."""
        with socket.create_connection(("127.0.0.1", self.port), seconds) as connection:
            file = connection.makefile("rwb")
            if self.password:
                self._send(file, "AUTH", self.password)
            return self._send(file, *words)

    @classmethod
    def _send(cls, file, *words):
        parts = [str(word).encode() for word in words]
        file.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        file.flush()
        return cls._read(file)

    @classmethod
    def _read(cls, file):
        line = file.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind in b"+-":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else file.read(int(rest) + 2)[:-2]
        return [cls._read(file) for _ in range(int(rest))]

    def keys(self, pattern="*"):
        return sorted(self.command("KEYS", pattern))

    def freeze(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def stop(self):
        if self.process.poll() is None:
            self.thaw()
            self.process.kill()
        self.process.wait(5)
