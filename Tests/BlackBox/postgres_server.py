"""A real PostgreSQL server for one test: in a directory of its own, on a free port of 127.0.0.1."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from redis_server import free_port

PASSWORD = "s3cret-pg-word"


def _directory():
    """Where initdb and pg_ctl are; they are often not in PATH."""
    found = shutil.which("pg_ctl")
    places = [Path(os.path.realpath(found)).parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists()), None)


PROGRAMS = _directory()


class Postgres:
    """Starts at once; `port` stays the same when it is started again."""

    def __init__(self):
        # Short, for the socket's path, and where another user may go.
        self.directory = Path(tempfile.mkdtemp(prefix="gw-pg-", dir="/tmp"))
        self.data = self.directory / "data"
        self.port = free_port()
        # It will not run as root.
        self._user = []
        if os.geteuid() == 0:
            entry = pwd.getpwnam("postgres")
            os.chown(self.directory, entry.pw_uid, entry.pw_gid)
            self._user = ["runuser", "-u", "postgres", "--"]
        password = self.directory / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run("initdb", "-D", self.data, "-U", "gateway", "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8",
                  "--no-sync", "--locale=C")
        self.start()

    def _run(self, program, *arguments):
        command = [*self._user, str(PROGRAMS / program), *map(str, arguments)]
        done = subprocess.run(command, cwd=self.directory, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
        return done.stdout

    @property
    def url(self):
        return f"postgresql://gateway:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def start(self):
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.directory} -F -c max_connections=20"
        self._run("pg_ctl", "-D", self.data, "-l", self.directory / "log", "-o", options, "-w", "start")

    def stop(self, mode="immediate"):
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def query(self, sql):
        """The rows as lines, columns parted by bars."""
        command = [str(PROGRAMS / "psql"), "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, self.url]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def end(self):
        subprocess.run([*self._user, str(PROGRAMS / "pg_ctl"), "-D", str(self.data), "-m", "immediate", "-w", "stop"],
                       capture_output=True, cwd=self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)
