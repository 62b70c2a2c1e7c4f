"""Drives the built `gateway-tui` in a real terminal (tmux) against a scripted control server.

    GATEWAY_BIN_DIR=.build/debug pytest Tests/BlackBox/test_tui.py

Nothing here sleeps and hopes: every step waits until the screen shows what it should, for a bounded time.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BINARY = pathlib.Path(os.environ.get("GATEWAY_BIN_DIR", HERE.parent.parent / ".build/debug")) / "gateway-tui"
PATIENCE = 15

pytestmark = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
    pytest.mark.skipif(not BINARY.exists(), reason=f"{BINARY} is not built"),
]


def wait(predicate, what):
    """Waits until something holds and answers it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        value = predicate()
        if value:
            return value
        time.sleep(0.05)
    pytest.fail(f"{what} did not happen within {PATIENCE} s")


class Server:
    def __init__(self, path, *options):
        self.path, self.options = str(path), options
        self.start()

    def start(self):
        self.process = subprocess.Popen([sys.executable, HERE / "fake_control.py", self.path, *self.options])
        wait(lambda: os.path.exists(self.path), "the fake server's socket")

    def stop(self):
        self.process.kill()
        self.process.wait()
        if os.path.exists(self.path):
            os.unlink(self.path)


class Terminal:
    count = 0

    def __init__(self, size, home):
        # A server of its own for each: one that is just ending would refuse the next session.
        Terminal.count += 1
        self.name = f"gateway-tui-test-{os.getpid()}-{Terminal.count}"
        columns, rows = size
        self.environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "XDG_STATE_HOME": str(home),
                            "XDG_CONFIG_HOME": str(home / "config")}
        for variable in ("NO_COLOR", "GATEWAY_SOCKET", "TMUX", "LINES", "COLUMNS", "COLORFGBG",
                         "GATEWAY_TUI_THEME", "GATEWAY_TUI_MOUSE", "GATEWAY_TUI_GLYPHS", "GATEWAY_TUI_VIEW"):
            self.environment.pop(variable, None)
        self.tmux("-f", "/dev/null", "new-session", "-d", "-s", "t", "-x", str(columns), "-y", str(rows),
                  "env", "PS1=READY> ", "bash", "--norc", "--noprofile")
        wait(lambda: "READY>" in self.screen(), "the shell's prompt")

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-L", self.name, *arguments], env=self.environment, check=True,
                              capture_output=True, text=True).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p", "-t", "t")

    def run(self, *arguments):
        self.keys("-l", " ".join(["clear;", "stty -a > $XDG_STATE_HOME/before;", str(BINARY), *arguments]))
        self.keys("Enter")

    def keys(self, *keys):
        self.tmux("send-keys", "-t", "t", *keys)

    def type(self, text):
        self.tmux("send-keys", "-t", "t", "-l", text)

    def sees(self, *texts):
        return wait(lambda: (s := self.screen()) and all(text in s for text in texts) and s, f"{texts} on the screen")

    def loses(self, text):
        wait(lambda: text not in self.screen(), f"{text} to go")

    def child(self):
        """The process id of the program in the pane."""
        shell = self.tmux("display-message", "-p", "-t", "t", "#{pane_pid}").strip()
        found = subprocess.run(["pgrep", "-P", shell, "-x", "gateway-tui"], capture_output=True, text=True).stdout
        return int(found.split()[0]) if found.split() else None

    def is_restored(self, home):
        """The shell is back on the main screen, with the cursor on, no mouse mode and the line settings of before."""
        self.sees("READY>")
        wait(lambda: self.tmux("display-message", "-p", "-t", "t", "#{alternate_on}#{mouse_any_flag}#{cursor_flag}")
             .strip() == "001", "main screen, no mouse, cursor")
        self.keys("-l", "stty -a > $XDG_STATE_HOME/after; clear; echo over''there")
        self.keys("Enter")
        self.sees("overthere")
        return (home / "before").read_text() == (home / "after").read_text()

    def close(self):
        subprocess.run(["tmux", "-L", self.name, "kill-server"], capture_output=True)


@pytest.fixture
def home(tmp_path):
    return tmp_path


@pytest.fixture
def socket(tmp_path):
    return tmp_path / "gateway.sock"


@pytest.fixture
def serve(socket):
    servers = []

    def start(*options):
        servers.append(Server(socket, *options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(params=[(80, 24), (120, 40)], ids=["80x24", "120x40"])
def terminal(request, home):
    terminal = Terminal(request.param, home)
    yield terminal
    terminal.close()


@pytest.fixture
def small(home):
    terminal = Terminal((80, 24), home)
    yield terminal
    terminal.close()


def test_screens_keys_and_detail(terminal, serve, socket):
    serve("--rate", "3")
    terminal.run("--socket", str(socket))
    terminal.sees("● live", "spent today", "F fast", "peak", "following", "DEMO · simulated")
    terminal.keys("t")
    terminal.sees("spent month")
    terminal.keys("2")
    terminal.sees("[2 Req", "tier/model", "DEMO · simulated")
    terminal.keys("Down", "Enter")
    terminal.sees("▶", "asked", "on premium", "score", "weighed")
    terminal.keys("z")
    terminal.sees("attempts", "overloaded", "first byte")
    terminal.keys("Escape")
    terminal.loses("on premium")
    terminal.keys("/")
    terminal.type("tier:p")
    terminal.sees("/tier:p")
    terminal.keys("Enter")
    wait(lambda: " F haiku" not in terminal.screen() and " F claude" not in terminal.screen(), "only premium rows")
    terminal.keys("Escape")
    terminal.loses("/tier:p")
    terminal.keys("?")
    terminal.sees("help", "EVERYWHERE")
    terminal.keys("x", "1", "Space")
    terminal.sees("● paused")
    terminal.keys("Space")
    terminal.sees("● live")


def test_a_run_of_a_workflow_is_one_group(terminal, serve, socket):
    serve("--rate", "0", "--workflows")
    terminal.run("--socket", str(socket))
    terminal.sees("● live", "following")
    terminal.keys("2")
    screen = terminal.sees("2/3 steps", "3/3 steps", "77f0e1", "bc1279", "~$0.0020", "~$0.0030", "╰ secu")
    heads = [line for line in screen.splitlines() if "steps" in line]
    assert len(heads) == 2 and "▾" in heads[0] and "▸" in heads[1] and all("code-review-panel" in head for head in heads)
    assert "merge" not in screen, "what is done is folded"
    terminal.keys("/")
    terminal.type("wf:code-review-panel/merge")
    terminal.sees("1/3 steps", "╰ merge")
    terminal.loses("77f0e1")
    terminal.keys("Escape")
    terminal.sees("77f0e1", "3/3 steps")
    terminal.keys("Enter")
    terminal.loses("╰ secu")
    terminal.sees("Enter fold/unfold")
    terminal.keys("Enter", "Down", "Enter")
    terminal.sees("code-review-panel · op correctness · run 77f0e1bb00000002")
    terminal.keys("w")
    terminal.sees("run 77f0e1bb00000002 · code-review-panel", "sum of the steps")


def test_tester_streams_and_cancels(terminal, serve, socket):
    serve("--rate", "0", "--delta-seconds", "0.05")
    terminal.run("--socket", str(socket))
    terminal.sees("● live")
    terminal.keys("3")
    terminal.sees("Write a prompt")
    terminal.type("q1 why?")
    terminal.sees("q1 why?", "◀ chosen", "score")
    terminal.keys("Enter")
    terminal.sees("streaming", "simulated")
    terminal.sees("tok/s", "saved", " in / ")
    terminal.type("again")
    terminal.keys("Enter")
    terminal.sees("streaming")
    terminal.keys("Escape")
    terminal.sees("cancelled")
    terminal.keys("Up")
    terminal.sees("> again")


def test_a_skill_is_chosen_for_the_prompt(terminal, serve, socket):
    serve("--rate", "0", "--delta-seconds", "0.05")
    terminal.run("--socket", str(socket))
    terminal.sees("● live")
    terminal.keys("3", "C-s")
    terminal.sees("▶ no skill", "brainstorming", "Turn a rough idea", "quick-fix", "release-notes", "Esc leave")
    terminal.keys("Down", "Down")
    terminal.sees("▶ quick-fix", "use when: Typos, one-line bugs", "local, else fast")
    terminal.keys("Enter")
    terminal.sees("skill quick-fix · tier auto", "Write a prompt")
    terminal.type("teh typo")
    wait(lambda: re.search(r"L qwen.*◀ chosen", terminal.screen()), "the skill's tier to be chosen")
    terminal.keys("C-s")
    terminal.sees("▶ quick-fix")
    terminal.keys("Down", "q")
    terminal.sees("▶ release-notes")
    terminal.keys("Escape")
    terminal.loses("Esc leave")
    terminal.sees("skill quick-fix", "> teh typo")
    terminal.keys("Enter")
    terminal.sees("streaming")
    terminal.sees("tok/s", "L qwen")
    terminal.keys("C-s")
    terminal.sees("▶ quick-fix")
    terminal.keys("Up", "Up", "Up", "Enter")
    terminal.loses("skill quick-fix")


def test_an_older_daemon_has_no_skills(small, serve, socket):
    serve("--cache", "old")
    small.run("--socket", str(socket))
    small.sees("● live")
    small.keys("3", "C-s")
    small.sees("this gateway is too old to have skills")
    small.keys("Escape")
    small.loses("too old")


def test_cache_view(terminal, serve, socket):
    serve("--rate", "3")
    terminal.run("--socket", str(socket))
    terminal.sees("● live")
    terminal.keys("5")
    terminal.sees("[5 Cache]", "from caches today", "exact", "semantic", "coalesced", "memory", "● ok", "of 256 MiB",
                  "redis", "214 µs", "● on", "embedding ≥ 0.95", "1.2% of max 2.0% · ! high", "numbers", "40 compared")
    terminal.keys("t")
    terminal.sees("from caches month")
    terminal.keys("2", "/")
    terminal.type("cache:sem")
    terminal.sees("/cache:sem")
    terminal.keys("Enter")
    wait(lambda: " exact " not in terminal.screen() and " sem " in terminal.screen(), "only semantic hits")
    terminal.keys("Down", "Enter", "z")
    terminal.sees("a question that asks the same")


@pytest.mark.parametrize("state, banner, word", [
    ("down", "! redis is down: 127.0.0.1:6379 refused", "✖ down"),
    ("off", "! the semantic cache is off: 3 of the last 40", "✖ off"),
])
def test_trouble_with_a_cache_is_on_every_view(terminal, serve, socket, state, banner, word):
    serve("--cache", state)
    terminal.run("--socket", str(socket))
    # The caches come last: there the word stands.
    for view in ("M-1", "M-2", "M-3", "M-4", "M-6", "M-7", "M-8", "M-5"):
        terminal.keys(view)
        terminal.sees(f"[{view[-1]} ", banner)
    terminal.sees(word)


def test_trouble_with_a_cache_ends(small, serve, socket):
    server = serve("--cache", "down")
    small.run("--socket", str(socket))
    small.sees("redis is down")
    server.stop()
    small.sees("reconnecting")
    server.options = ("--cache", "ok")
    server.start()
    small.keys("r")
    small.loses("redis is down")


def test_flush_everything_after_one_question(terminal, serve, socket):
    serve("--rate", "0", "--history", "400")
    terminal.run("--socket", str(socket))
    terminal.sees("● live")
    terminal.keys("5")
    entries = int(re.search(r"memory +● ok +(\d+)", terminal.sees("memory"))[1])
    assert entries > 100
    terminal.keys("x")
    terminal.sees("flush cached answers", "▶ 1 everything", "a project's answers")
    terminal.keys("q", "Enter")
    terminal.sees("Flush every cached answer of every project?", "y yes")
    terminal.keys("n")
    terminal.sees("flush cached answers")
    terminal.keys("1", "y")
    terminal.sees(f"flushed: memory {entries}, redis ", "questions ")
    wait(lambda: re.search(r"memory +● ok +0 ", terminal.screen()), "an empty memory")


def test_flush_a_project_a_key_and_one_answer(small, serve, socket):
    serve("--rate", "0", "--history", "50")
    small.run("--socket", str(socket))
    small.sees("● live")
    small.keys("2", "Down", "Down", "x")
    small.sees("Flush the answer of")
    small.keys("y")
    small.sees("flushed: memory 1, redis 1, questions 1")
    small.keys("5", "x", "3", "Enter")
    small.sees("write a name first")
    small.type("nobody 日本")
    small.keys("Enter")
    small.sees('every answer of project "nobody 日本"?')
    small.keys("y")
    small.sees("nothing was there to flush")
    small.keys("x", "4")
    small.type("sk-known-0123456789")
    assert "known" not in small.sees("••••6789")
    small.keys("Enter")
    assert "known" not in small.sees("every answer of key", "6789?")
    small.keys("y")
    small.sees("flushed: memory ")


def test_flush_says_what_was_not_reached(small, serve, socket):
    serve("--cache", "down")
    small.run("--socket", str(socket))
    small.sees("● live")
    small.keys("5", "x", "1", "y")
    small.sees("flushed: memory", "redis not reached: may come back")


def test_an_older_daemon(small, serve, socket):
    serve("--cache", "old")
    small.run("--socket", str(socket))
    small.sees("● live")
    small.keys("5")
    assert "redis" not in small.sees("memory", "of 256 MiB", "not configured")
    small.keys("x", "1", "y")
    small.sees("nothing was flushed: this gateway is too old for it")


def test_resize_relays_everything(terminal, serve, socket):
    serve()
    terminal.run("--socket", str(socket))
    terminal.sees("● live")
    for columns, rows in [(200, 60), (60, 16), (59, 15), (20, 4), (100, 30), (80, 24)]:
        terminal.tmux("resize-window", "-t", "t", "-x", str(columns), "-y", str(rows))
        if columns < 60:
            terminal.sees("needs 60x16"[:columns] if columns >= 40 else "needs")
        else:
            terminal.sees("DEMO · simulated", "requests")
    screen = terminal.sees("spent today")
    assert len(screen.splitlines()) == 24


def test_server_killed_and_restarted(terminal, serve, socket):
    server = serve("--rate", "3")
    terminal.run("--socket", str(socket))
    terminal.sees("● live", "haiku")
    server.stop()
    screen = terminal.sees("✖ reconnecting")
    assert "haiku" in screen, "the last data stays"
    server.start()
    terminal.keys("r")
    terminal.sees("● live")


@pytest.mark.parametrize("how", ["q", "C-c", signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGSEGV,
                                 signal.SIGABRT])
def test_the_terminal_is_given_back(small, serve, socket, home, how):
    serve()
    small.environment["SWIFT_BACKTRACE"] = "enable=no"
    small.keys("-l", "export SWIFT_BACKTRACE=enable=no; ulimit -c 0")
    small.keys("Enter")
    small.run("--socket", str(socket))
    small.sees("● live")
    if isinstance(how, str):
        small.keys(how)
    else:
        os.kill(wait(small.child, "the program's process"), how)
    assert small.is_restored(home)


def test_the_terminal_is_given_back_after_the_server_died(small, serve, socket, home):
    server = serve()
    small.run("--socket", str(socket))
    small.sees("● live")
    server.stop()
    small.sees("reconnecting")
    small.keys("q")
    assert small.is_restored(home)


def test_hang_up_ends_the_program(small, serve, socket):
    serve()
    small.run("--socket", str(socket))
    small.sees("● live")
    child = wait(small.child, "the program's process")
    small.close()
    wait(lambda: not os.path.exists(f"/proc/{child}"), "the end of the program")


def test_hostile_prompts_do_nothing(small, serve, socket):
    serve("--hostile", "--history", "200")
    small.run("--socket", str(socket))
    small.sees("● live", "DEMO · simulated")
    small.keys("2")
    screen = small.sees("[2 Reqs]", "·[31m")
    assert not any(ord(c) < 32 and c != "\n" or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066" for c in screen)
    small.keys("G")
    small.sees("DEMO · simulated", "all keys")


def test_no_daemon(small, socket):
    small.run("--socket", str(socket))
    small.sees("No gateway is running", str(socket)[:40], "no such socket", "start gatewayd")
    small.keys("3", "1")
    small.sees("No gateway is running")


def test_starting_a_daemon_that_fails_shows_its_last_line(small, socket, home):
    programs = home / "bin"
    programs.mkdir()
    (programs / "gateway-tui").write_bytes(BINARY.read_bytes())
    (programs / "gateway-tui").chmod(0o755)
    (programs / "gatewayd").write_text("#!/bin/sh\necho starting\necho port 8080 is taken >&2\nexit 1\n")
    (programs / "gatewayd").chmod(0o755)
    small.keys("-l", f"clear; {programs}/gateway-tui --socket {socket}")
    small.keys("Enter")
    small.sees("No gateway is running")
    small.keys("s")
    small.sees("ended at once", "port 8080 is taken")


def test_starting_a_daemon_that_works(small, socket, home):
    programs = home / "bin"
    programs.mkdir()
    (programs / "gateway-tui").write_bytes(BINARY.read_bytes())
    (programs / "gateway-tui").chmod(0o755)
    (programs / "gatewayd").write_text(
        f"#!/bin/sh\necho $$ > {home}/pid\nexec {sys.executable} {HERE}/fake_control.py \"$GATEWAY_SOCKET\"\n")
    (programs / "gatewayd").chmod(0o755)
    small.keys("-l", f"clear; {programs}/gateway-tui --socket {socket}")
    small.keys("Enter")
    small.sees("No gateway is running")
    small.keys("s")
    small.sees("● live")
    child = int((home / "pid").read_text())
    try:
        small.keys("q")
        small.sees("READY>")
        assert os.getsid(child) == child, "the daemon has a session of its own and outlives the front end"
    finally:
        os.kill(child, signal.SIGKILL)


def test_another_protocol_version_is_said(small, serve, socket):
    serve("--protocol", "9")
    small.run("--socket", str(socket))
    small.sees("protocol 9", "speaks 1")


def once(socket, *options, **environment):
    return subprocess.run([BINARY, "--once", "--socket", str(socket), *options], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, env={**os.environ, **environment}, timeout=PATIENCE)


def test_once_prints_plain_text(serve, socket):
    serve()
    result = once(socket)
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 24 + 22 and "all keys" in lines[23], "the caches come below the picture"
    assert any("redis" in line and "● ok" in line for line in lines[24:])
    assert any("1.2% of max 2.0%" in line for line in lines[24:])
    assert "DEMO · simulated" in result.stdout and "\x1b" not in result.stdout
    wide = once(socket, "--size", "120x40", "--ascii")
    assert len(wide.stdout.splitlines()) > 40 and wide.stdout.isascii()
    assert "where answers are kept" in wide.stdout


def test_once_without_a_daemon_fails_with_one_line(socket):
    started = time.monotonic()
    result = once(socket)
    assert result.returncode == 1 and result.stdout == ""
    assert len(result.stderr.splitlines()) == 1 and "no gateway answers" in result.stderr
    assert time.monotonic() - started < 5


def test_a_dumb_terminal_is_refused_with_advice(small, socket):
    small.keys("-l", f"clear; TERM=dumb {BINARY} --socket {socket}")
    small.keys("Enter")
    small.sees("--once", "READY>")


def test_no_color_means_no_colour(small, serve, socket, home):
    serve()
    small.tmux("pipe-pane", "-t", "t", f"cat > {home}/bytes")
    small.keys("-l", f"NO_COLOR=1 {BINARY} --socket {socket}")
    small.keys("Enter")
    small.sees("● live", "following")
    small.keys("q")
    small.sees("READY>")
    attributes = re.findall(rb"\x1b\[([0-9;]*)m", (home / "bytes").read_bytes())
    assert attributes
    assert not [a for a in attributes if re.search(rb"(^|;)(3[0-8]|4[0-8]|9[0-7])(;|$)", a)]
