#!/usr/bin/env python3
"""What `gateway-tui` costs its machine and its user: processor, bytes, memory, first picture, keys, many rows, a long run.

Drives the built program in a pseudo-terminal against the scripted control server of the black-box tests, with htop beside it in
the same run where that is installed. Everything is measured by the kernel's own account of the process. Standard library only.

    tools/tui/figures.py [--build .build/release] [--seconds 15] [--only NAME ...]
"""
import argparse
import fcntl
import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER = ROOT / "Tests/BlackBox/fake_control.py"


class Terminal:
    """A program in a pseudo-terminal; what it writes is counted and thrown away."""

    def __init__(self, command, columns, rows, home):
        self.writes = []
        self.tail = b""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        gone = {"LINES", "COLUMNS", "LC_ALL", "NO_COLOR", "COLORTERM", "TMUX"}
        environment = {name: value for name, value in os.environ.items() if name not in gone}
        environment |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home}
        self.began = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment,
                                        preexec_fn=lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)))
        os.close(slave)
        self.master = master

    def pump(self, seconds, until=None):
        """Reads for so long, or until something holds; says whether it did."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if until and until():
                return True
            if select.select([self.master], [], [], min(left, 0.05))[0]:
                try:
                    data = os.read(self.master, 1 << 20)
                except OSError:
                    return False
                self.writes.append((time.perf_counter(), len(data)))
                self.tail = (self.tail + data)[-65536:]
                # What every terminal does at once: without an answer the program waits for it a tenth of a second.
                if b"\x1b]11;?" in data:
                    os.write(self.master, b"\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\\x1b[?62c")
        return bool(until and until())

    def key(self, data, patience=5.0):
        """Milliseconds from a key to the first bytes of the picture that answers it; None where none came."""
        before = len(self.writes)
        started = time.perf_counter()
        os.write(self.master, data)
        if not self.pump(patience, lambda: len(self.writes) > before):
            return None
        return (self.writes[before][0] - started) * 1000

    def frames(self):
        """Bursts of bytes, each a picture: what comes within 5 ms belongs together."""
        bursts, last = [], None
        for at, size in self.writes:
            if last is not None and at - last < 0.005:
                bursts[-1] += size
            else:
                bursts.append(size)
            last = at
        return bursts

    def processor_seconds(self):
        tasks = f"/proc/{self.process.pid}/task"
        return sum(int(pathlib.Path(tasks, task, "schedstat").read_text().split()[0]) for task in os.listdir(tasks)) / 1e9

    def megabytes(self, what="VmRSS"):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{what}:\s+(\d+)", status)[1]) / 1024

    def anonymous_megabytes(self):
        return self.megabytes("RssAnon")

    def rest(self):
        """Waits until it has nothing to do any more."""
        while True:
            before = self.processor_seconds()
            self.pump(1.0)
            if self.processor_seconds() - before < 0.02:
                return

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


class Bench:
    def __init__(self, options):
        self.options = options
        self.home = tempfile.mkdtemp(prefix="gateway-tui-")
        self.program = str(pathlib.Path(options.build, "gateway-tui").resolve())

    def server(self, *arguments):
        path = os.path.join(self.home, "control.sock")
        process = subprocess.Popen([sys.executable, str(SERVER), path, *map(str, arguments)])
        while not os.path.exists(path):
            time.sleep(0.02)
        return process, path

    def tui(self, path, columns=120, rows=40, *arguments):
        return Terminal([self.program, "--socket", path, *arguments], columns, rows, self.home)

    def with_server(self, work, *arguments):
        server, path = self.server(*arguments)
        try:
            return work(path)
        finally:
            server.kill()
            server.wait()
            if os.path.exists(path):
                os.unlink(path)

    def running(self, terminal, label, wait=2.0):
        """Processor, bytes and memory of a program that is left alone."""
        terminal.pump(wait)
        terminal.writes.clear()
        before, started = terminal.processor_seconds(), time.perf_counter()
        terminal.pump(self.options.seconds)
        passed = time.perf_counter() - started
        share = (terminal.processor_seconds() - before) / passed * 100
        frames = terminal.frames()
        written = sum(frames)
        row(label, f"{share:.2f} %", f"{written / passed / 1000:.1f} KB/s",
            f"{written / max(1, len(frames)) / 1000:.1f} KB a frame, {len(frames) / passed:.1f} frames/s",
            f"{terminal.megabytes():.1f} MB ({terminal.anonymous_megabytes():.1f} its own)")
        return share

    def processor(self):
        for columns, rows in ((80, 24), (120, 40), (200, 60)):
            def work(path):
                terminal = self.tui(path, columns, rows)
                self.running(terminal, f"200 requests/s, {columns}x{rows}")
                terminal.close()
            self.with_server(work, "--rate", 200, "--snapshot-rate", 1)
        for label, rate in (("10 requests/s, 120x40", 10), ("no traffic, a snapshot a second", 0)):
            def quiet(path):
                terminal = self.tui(path)
                self.running(terminal, label)
                terminal.close()
            self.with_server(quiet, "--rate", rate)
        terminal = self.tui(os.path.join(self.home, "nobody.sock"))
        self.running(terminal, "no gateway")
        terminal.close()
        for command in self.options.beside:
            for columns, rows in ((80, 24), (120, 40), (200, 60)):
                terminal = Terminal(shlex.split(command), columns, rows, self.home)
                self.running(terminal, f"{os.path.basename(shlex.split(command)[0])}, {columns}x{rows}")
                terminal.close()
        if shutil.which("htop"):
            # What htop costs is what there is to read: nothing in a container, some three hundred processes on a desktop.
            for delay, processes in ((10, 0), (10, 300), (1, 0)):
                sleepers = [subprocess.Popen(["sleep", str(self.options.seconds + 60)]) for _ in range(processes)]
                try:
                    terminal = Terminal(["htop", "-d", str(delay)], 120, 40, self.home)
                    running = sum(name.isdigit() for name in os.listdir("/proc"))
                    self.running(terminal, f"htop every {delay / 10:g} s, {running} processes")
                    terminal.close()
                finally:
                    for sleeper in sleepers:
                        sleeper.kill()
                        sleeper.wait()

    def first(self):
        def work(path):
            times = []
            for _ in range(15):
                terminal = self.tui(path)
                terminal.pump(5, lambda: sum(size for _, size in terminal.writes) > 500)
                times.append((terminal.writes[-1][0] - terminal.began) * 1000)
                terminal.close()
            row("first picture", f"{statistics.median(times):.0f} ms at the median", f"{max(times):.0f} ms at most")
        self.with_server(work)

    def keys(self):
        def work(path):
            terminal = self.tui(path, 200, 60, "--view", "requests")
            terminal.pump(2)
            times = []
            for at in range(400):
                terminal.pump(0.02)
                times.append(terminal.key(b"j" if at % 40 < 20 else b"k"))
            quick(times, "a key to its bytes, 200x60")
            terminal.close()
        self.with_server(work, "--rate", 0, "--history", 500)

    def rows(self):
        def work(path):
            terminal = self.tui(path, 120, 40, "--view", "requests")
            count, deadline = 0, time.perf_counter() + 300
            while count < 100_000 and time.perf_counter() < deadline:
                terminal.pump(2.0)
                # Drawn anew, the title of the table tells how many there are.
                terminal.tail = b""
                os.write(terminal.master, b"\x0c")
                terminal.pump(0.5)
                title = re.search(rb"requests ([\d,]+)", terminal.tail)
                count = int(title[1].replace(b",", b"")) if title else count
            terminal.rest()
            row(f"{count:,} rows", f"{terminal.megabytes():.1f} MB", f"{terminal.anonymous_megabytes():.1f} its own")
            self.scroll(terminal)
            terminal.close()
        self.with_server(work, "--rate", 6000, "--most", 106_000, "--history", 100)

    def scroll(self, terminal):
        def keys(label, data, again=b""):
            times = []
            for byte in data:
                terminal.pump(0.15)
                times.append(terminal.key(byte if isinstance(byte, bytes) else bytes([byte])))
                if again:
                    terminal.pump(0.15)
                    terminal.key(again)
            quick(times, label)

        keys("scrolling: a line", b"j" * 60)
        keys("scrolling: a page", [b"\x1b[6~"] * 60)
        keys("to the last and the first row", b"GgGgGgGgGg")
        keys("sorting by the next column", b"sssssssssssssssssssss")
        keys("the other way round", b"SSSSSS")
        # Back to the order of time, in which most people read.
        for word in (b"sqrt", b"tier:b", b"ms>1000", b"zzzz", b"model:opus"):
            terminal.pump(0.3)
            terminal.key(b"/")
            keys(f"filtering by {word.decode()}, a letter", word)
            terminal.key(b"\x1b")
        keys("marking", b"v" * 20)

    def long(self):
        hours, scale = self.options.hours, 300

        def work(path):
            terminal = self.tui(path)
            samples = []
            end = time.perf_counter() + hours * 3600 / scale
            while time.perf_counter() < end:
                terminal.pump(2.0)
                told = hours - (end - time.perf_counter()) * scale / 3600
                samples.append((told, terminal.megabytes(), terminal.anonymous_megabytes()))
            terminal.close()
            full = [sample for sample in samples if sample[0] >= hours * 0.4]
            mean_x = statistics.mean(sample[0] for sample in full)
            mean_y = statistics.mean(sample[1] for sample in full)
            slope = (sum((x - mean_x) * (y - mean_y) for x, y, _ in full)
                     / sum((x - mean_x) ** 2 for x, _, _ in full))
            marks = [samples[len(samples) * part // 8 - (part == 8)] for part in range(9)]
            row(f"{hours} simulated hours", " ".join(f"{memory:.0f}" for _, memory, _ in marks) + " MB, eighth by eighth",
                f"slope of the last six tenths {slope:+.2f} MB/h")
        # 20 requests a simulated second, and a snapshot.
        self.with_server(work, "--time-scale", scale, "--rate", 20 * scale, "--snapshot-rate", scale)


def quick(times, label):
    missed = times.count(None)
    known = sorted(time for time in times if time is not None)
    if not known:
        return row(label, "no key was answered")
    p95 = known[max(0, (len(known) * 95 + 99) // 100 - 1)]
    row(label, f"{statistics.median(known):.2f} ms", f"p95 {p95:.2f} ms", f"at most {known[-1]:.2f} ms",
        *([f"{missed} of {len(times)} keys changed nothing"] if missed else []))


def row(label, *figures):
    print(f"{label:42}" + "  ".join(figures), flush=True)


def main():
    names = ["processor", "first", "keys", "rows", "long"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / ".build/release"))
    parser.add_argument("--seconds", type=float, default=15, help="how long each figure of the processor is taken")
    parser.add_argument("--beside", action="append", default=[], metavar="COMMAND", help="another program to measure as well")
    parser.add_argument("--hours", type=float, default=8, help="how long the long run pretends to be")
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    options = parser.parse_args()
    bench = Bench(options)
    try:
        for name in options.only:
            getattr(bench, name)()
    finally:
        shutil.rmtree(bench.home, ignore_errors=True)


if __name__ == "__main__":
    main()
