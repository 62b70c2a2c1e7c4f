"""What `gateway-tui` is to the terminal around it: output modes, themes, settings, palette, copying and exporting.

    GATEWAY_BIN_DIR=.build/debug pytest Tests/BlackBox/test_tui_terminal.py

The scripted control server and the terminal in tmux are those of test_tui.py; where a terminal has to answer, or to say
nothing, a pseudo-terminal of this file's own takes tmux's place.
"""
import base64
import csv
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket as sockets
import struct
import subprocess
import sys
import termios
import time

import pytest

from test_tui import BINARY, PATIENCE, home, pytestmark, serve, small, socket, terminal, wait  # noqa: F401


def environment(home, **more):
    """A user without settings, colours or a terminal's name."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("GATEWAY_") and name not in ("NO_COLOR", "COLORFGBG", "TMUX")}
    return {**kept, "LANG": "C.UTF-8", "TERM": "xterm-256color", "XDG_STATE_HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"), **more}


def run(home, *options, **more):
    return subprocess.run([BINARY, *map(str, options)], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env=environment(home, **more), timeout=PATIENCE)


def settings(home, text):
    path = home / "config" / "llm-gateway" / "tui.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# Modes that print


def test_json_is_one_object_with_the_sockets_names(home, serve, socket):
    serve("--rate", "0", "--hostile")
    result = run(home, "--json", "--socket", socket)
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert set(told) == {"daemon", "snapshot", "exchanges"}
    assert told["snapshot"]["today"]["requests"] == 60 == len(told["exchanges"])
    times = [row["unix_ms"] for row in told["exchanges"]]
    assert times == sorted(times, reverse=True)
    assert {"query_id", "saved_usd", "latency_ms", "usage"} <= set(told["exchanges"][0])
    assert any("\x1b[31m" in row["prompt"] for row in told["exchanges"]), "prompts are told as they are"
    assert not any(ord(c) < 32 and c != "\n" or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066" for c in result.stdout)


@pytest.mark.parametrize("mode", ["--json", "--once"])
def test_without_a_gateway_a_mode_fails_with_one_line(home, socket, mode):
    result = run(home, mode, "--socket", socket)
    assert result.returncode == 1 and result.stdout == ""
    assert result.stderr.splitlines() == [f"gateway-tui: no gateway answers at {socket}: there is no such socket"]


def test_the_modes_exclude_each_other(home):
    assert run(home, "--json", "--plain").returncode == 64
    assert run(home, "--once", "--color").returncode == 64


def test_statusline_is_one_line_in_its_width(home, serve, socket):
    serve("--rate", "0", "--warning", "a model has no price")
    line = run(home, "--statusline", "--socket", socket)
    assert line.returncode == 0 and line.stderr == ""
    assert re.fullmatch(r"simulated · ~\$[\d.]+ spent · ~\$[\d.]+ saved · \d+% hit · \d+/min · 2 alerts\n", line.stdout)
    narrow = run(home, "--statusline", "--socket", socket, "--size", "30x1")
    assert len(narrow.stdout.rstrip("\n")) <= 30 and narrow.stdout.endswith("2 alerts\n")
    coloured = run(home, "--statusline", "--color", "--socket", socket)
    assert "\x1b[1;31m2 alerts\x1b[0m" in coloured.stdout
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured.stdout) == line.stdout


@pytest.mark.parametrize("listens", [False, True], ids=["nobody", "a silent gateway"])
def test_statusline_says_quickly_that_the_gateway_is_down(home, socket, listens):
    listener = sockets.socket(sockets.AF_UNIX)
    if listens:
        listener.bind(str(socket))
        listener.listen(8)
    took = []
    # The best of five: what else the machine does is not the program's time.
    for _ in range(5):
        started = time.monotonic()
        result = run(home, "--statusline", "--socket", socket)
        took.append(time.monotonic() - started)
        assert (result.returncode, result.stdout, result.stderr) == (1, "gateway down\n", "")
    listener.close()
    assert min(took) < 0.3, took


def test_statusline_tells_a_gateway_of_another_version_from_none(home, serve, socket):
    serve("--protocol", "9")
    result = run(home, "--statusline", "--socket", socket)
    assert (result.returncode, result.stdout, result.stderr) == (1, "gateway refuses this gateway-tui\n", "")
    assert "speaks control protocol 9" in run(home, "--once", "--socket", socket).stderr


def test_once_shows_the_view_that_is_asked_for(home, serve, socket):
    serve("--rate", "0")
    requests = run(home, "--once", "--view", "requests", "--socket", socket)
    assert requests.returncode == 0 and len(requests.stdout.splitlines()) == 24
    assert "[2 Reqs]" in requests.stdout and "tier/model" in requests.stdout and "spent" not in requests.stdout
    assert "where answers are kept" in run(home, "--once", "--view", "cache", "--socket", socket).stdout
    wrong = run(home, "--once", "--view", "nowhere", "--socket", socket)
    assert wrong.returncode == 64 and "dashboard" in wrong.stderr


class Plain:
    """A running `--plain` whose lines are read as they come."""

    def __init__(self, home, *options):
        self.process = subprocess.Popen([BINARY, "--plain", *map(str, options)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(home))
        os.set_blocking(self.process.stdout.fileno(), False)
        self.text = b""

    def sees(self, text, times=1):
        def found():
            self.text += self.process.stdout.read() or b""
            return self.text.count(text.encode()) >= times
        wait(found, f"{text!r}, {times} times")

    def end(self, how):
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        self.text += self.process.stdout.read() or b""
        return code


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_plain_appends_lines_without_escapes_until_a_signal(home, serve, socket, how):
    server = serve("--rate", "10", "--hostile")
    plain = Plain(home, "--socket", socket)
    try:
        plain.sees("connected to llm-gateway/0.1.0, all simulated: no money moves\n")
        plain.sees("summary today: ")
        plain.sees(" answered, ", times=6)
        plain.sees(", prompt: evil ·[31m·[2J·]0;title· escape")
        server.stop()
        plain.sees("connection lost: ")
        server.start()
        plain.sees("connected to", times=2)
    finally:
        code = plain.end(how)
    assert code in (128 + how, -how) and plain.process.stderr.read() == b""
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", plain.text)
    lines = plain.text.decode().splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d \S", line) for line in lines)
    assert sum("connection lost" in line for line in lines) == 1, "an outage is told once"
    ids = re.findall(r", id ([0-9a-f]{16})", plain.text.decode())
    assert len(ids) >= 6 and len(set(ids)) == len(ids), "a line for each exchange, and one only"


def test_plain_without_a_gateway_waits_for_one(home, serve, socket):
    plain = Plain(home, "--socket", socket)
    try:
        plain.sees(f"no gateway answers at {socket}: there is no such socket. Trying again.")
        serve("--rate", "0")
        plain.sees("connected to")
    finally:
        plain.end(signal.SIGTERM)


def test_plain_ends_when_nobody_reads_it(home, serve, socket):
    serve("--rate", "0")
    plain = Plain(home, "--socket", socket)
    plain.sees("connected to")
    plain.process.stdout.close()
    assert plain.process.wait(PATIENCE) == 0


# Settings


def test_wrong_settings_end_with_their_file_and_line(home, socket):
    path = settings(home, "theme: dark\nkeys:\n  quit: f\n  fliter: F3\n")
    for mode in ("--once", "--statusline", "--list-keys"):
        result = run(home, mode, "--socket", socket)
        assert result.returncode == 2 and result.stdout == ""
        assert result.stderr.startswith(f"gateway-tui: {path}:4: there is no action \"fliter\" (is it filter?)")
    settings(home, "keys:\n  filter: f\n")
    result = run(home, "--list-keys")
    assert result.returncode == 2 and f"{path}:2: f is bound twice: list.filter and list.follow" in result.stderr
    assert run(home, "--list-keys", GATEWAY_TUI_THEME="pink").stderr.count("$GATEWAY_TUI_THEME: theme is one of") == 1


def test_settings_bind_keys_and_choose_the_view(small, serve, socket, home):
    settings(home, "view: requests\nglyphs: ascii\nkeys:\n  quit: Q\n  filter: [F3, ^F]\n")
    listed = run(home, "--list-keys").stdout
    assert re.search(r"^everywhere.quit +Q +quit$", listed, re.M) and re.search(r"^list.filter +F3 \^F +filter$", listed, re.M)
    serve("--rate", "0")
    small.run("--socket", str(socket))
    screen = small.sees("[2 Reqs]", "F3 filter", "* live")
    assert screen.isascii()
    small.keys("q", "F3")
    small.sees("Enter keep")
    small.keys("Escape")
    small.loses("Enter keep")
    small.keys("Q")
    small.sees("READY>")


def test_options_come_before_variables_and_those_before_the_file(home, serve, socket):
    serve("--rate", "0")
    settings(home, "view: cache\n")

    def view(*options, **more):
        return re.search(r"\[\d (\w+)\]", run(home, "--once", "--socket", socket, *options, **more).stdout)[1]

    assert view() == "Cache"
    assert view(GATEWAY_TUI_VIEW="tester") == "Test"
    assert view("--view", "requests", GATEWAY_TUI_VIEW="tester") == "Reqs"


# The terminal's own answers


class Pseudo:
    """The program in a pseudo-terminal that answers only what a test lets it answer."""

    def __init__(self, home, *options, answer=b"", **more):
        self.answer, self.output = answer, b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(BINARY, ["gateway-tui", *map(str, options)], environment(home, **more))
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def read(self):
        while select.select([self.terminal], [], [], 0.02)[0]:
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                return
            if not data:
                return
            asked = b"\x1b]11;?" in self.output
            self.output += data
            if not asked and b"\x1b]11;?" in self.output and self.answer:
                os.write(self.terminal, self.answer)

    def sees(self, text):
        def found():
            self.read()
            return text.encode() in self.output
        wait(found, f"{text!r} from the program")

    def type(self, data):
        os.write(self.terminal, data)

    def end(self):
        self.type(b"\x03")
        wait(lambda: self.read() or os.waitpid(self.pid, os.WNOHANG)[0], "the end of the program")
        os.close(self.terminal)


ATTRIBUTES = b"\x1b[?1;2c"
DARK_FAST, LIGHT_FAST = b"38;5;81m", b"38;5;26m"


@pytest.mark.parametrize("answer, more, seen, unseen", [
    (b"\x1b]11;rgb:ffff/ffff/ffff\x07" + ATTRIBUTES, {}, LIGHT_FAST, DARK_FAST),
    (b"\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\" + ATTRIBUTES, {"COLORFGBG": "0;15"}, DARK_FAST, LIGHT_FAST),
    (ATTRIBUTES, {"COLORFGBG": "0;15"}, LIGHT_FAST, DARK_FAST),
    (b"", {"COLORFGBG": "0;15"}, LIGHT_FAST, DARK_FAST),
    (b"", {}, DARK_FAST, LIGHT_FAST),
], ids=["light", "dark", "only attributes", "silent, COLORFGBG", "silent"])
def test_the_theme_follows_the_terminals_background(home, serve, socket, answer, more, seen, unseen):
    serve("--rate", "0")
    terminal = Pseudo(home, "--socket", socket, answer=answer, **more)
    terminal.sees("following")
    assert seen in terminal.output and unseen not in terminal.output
    terminal.end()


@pytest.mark.parametrize("answer", [b"\x1b]11;rgb:ffff/ffff/ffff\x07", b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\", ATTRIBUTES,
                                    b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\" + ATTRIBUTES])
def test_a_late_answer_is_no_key(home, serve, socket, answer):
    serve("--rate", "0")
    terminal = Pseudo(home, "--socket", socket, "--view", "tester")
    terminal.sees("Write a prompt")
    # In the text box every character that is taken for a key would be seen.
    terminal.type(answer + b"ok?")
    terminal.sees("ok?")
    terminal.read()
    drawn = re.sub(rb"\x1b(\[[0-9;?<]*[A-Za-z]|\][^\x07\x1b]*(\x07|\x1b\\)|[()].|[=>])", b" ", terminal.output)
    assert b"rgb" not in drawn and b"ffff" not in drawn and b"1;2c" not in drawn
    assert b"> ok?" in drawn or b"ok?" in drawn
    terminal.end()


def test_what_is_typed_before_the_screen_is_there_is_not_lost(home, serve, socket):
    serve("--rate", "0")
    terminal = Pseudo(home, "--socket", socket, answer=b"2" + ATTRIBUTES)
    terminal.sees("[2 Reqs]")
    terminal.end()


@pytest.mark.parametrize("options, more", [(["--theme", "light"], {}), ([], {"NO_COLOR": "1"}), ([], {"GATEWAY_TUI_THEME": "dark"})])
def test_a_terminal_is_not_asked_what_nobody_wants_to_know(home, serve, socket, options, more):
    serve("--rate", "0")
    terminal = Pseudo(home, "--socket", socket, *options, **more)
    terminal.sees("following")
    assert b"\x1b]11;?" not in terminal.output
    terminal.end()


# Themes


COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|38;5;\d+)(?:;[0-9;]*)?m")


def test_t_goes_through_the_themes_and_the_last_one_is_remembered(small, serve, socket, home):
    serve("--rate", "0")
    small.run("--socket", str(socket), "--theme", "dark")
    small.sees("● live")
    styled = lambda: small.tmux("capture-pane", "-p", "-e", "-t", "t")  # noqa: E731
    seen = {"dark": set(COLOUR.findall(styled()))}
    for theme in ("light", "high-contrast", "mono", "dark", "light"):
        small.keys("T")
        small.sees(f"theme: {theme}")
        seen[theme] = set(COLOUR.findall(styled()))
    assert not seen["mono"] and all(seen[theme] for theme in ("dark", "light", "high-contrast"))
    assert not seen["dark"] & seen["light"] and not seen["dark"] & seen["high-contrast"]
    small.keys("q")
    small.sees("READY>")
    assert "theme: light" in (home / "llm-gateway" / "tui-state").read_text()
    small.run("--socket", str(socket))
    small.sees("● live", "following")
    assert set(COLOUR.findall(styled())) == seen["light"], "the next start has it"
    small.keys("q")
    small.sees("READY>")
    settings(home, "theme: mono\n")
    small.run("--socket", str(socket))
    small.sees("● live", "following")
    assert not COLOUR.findall(styled()), "what the file says comes first"


def test_an_option_comes_before_no_color(small, serve, socket):
    serve("--rate", "0")
    small.keys("-l", f"clear; NO_COLOR=1 {BINARY} --socket {socket} --theme dark")
    small.keys("Enter")
    small.sees("● live", "following")
    assert COLOUR.findall(small.tmux("capture-pane", "-p", "-e", "-t", "t"))


# Palette, help, read-only


def test_the_palette_finds_and_does(terminal, serve, socket):
    serve("--rate", "0")
    terminal.run("--socket", str(socket))
    terminal.sees("● live")
    terminal.keys(":")
    terminal.sees("what to do", "write part of a name", "Enter do it")
    terminal.type("shreq")
    terminal.sees("▶ show-requests")
    terminal.keys("Enter")
    terminal.sees("[2 Req")
    terminal.loses("what to do")
    terminal.keys(":")
    terminal.sees("copy-id")
    assert "show-requests" not in terminal.screen(), "that view is open already"
    terminal.type("zzz")
    terminal.sees("Nothing here is called so")
    terminal.keys("Escape")
    terminal.loses("what to do")
    terminal.keys("3")
    terminal.type("why? :")
    terminal.sees("> why? :")
    terminal.keys("M-x")
    terminal.sees("▶ send")
    terminal.keys("Escape")
    terminal.sees("> why? :")


def test_help_is_searched(small, serve, socket):
    serve("--rate", "0")
    small.run("--socket", str(socket))
    small.sees("● live")
    small.keys("?")
    small.sees("help · / searches", "EVERYWHERE")
    small.keys("/")
    small.type("query id")
    small.sees("help /query id", "copy the query id", "LISTS")
    assert "suspend" not in small.screen()
    small.keys("Enter")
    small.sees("any other key closes")
    small.keys("q")
    small.loses("copy the query id")
    small.sees("● live")


def test_read_only_refuses_what_changes_or_costs(small, serve, socket):
    server = serve("--rate", "0", "--history", "30")
    small.run("--socket", str(socket), "--read-only")
    small.sees("● live", "read-only")
    small.keys("2", "Down", "x")
    small.sees("read-only: this would change or cost something")
    assert "Flush the answer" not in small.screen()
    small.keys("3")
    small.sees("read-only: nothing is sent")
    small.type("why?")
    small.sees("> why?", "◀ chosen")
    small.keys("Enter")
    small.sees("start without --read-only")
    assert "streaming" not in small.screen()
    for view, offered in (("M-5", "x flush"), ("M-4", "close breaker"), ("M-7", "i input")):
        small.keys(view)
        assert offered not in small.sees(f"[{view[-1]} ")
        small.keys("x" if view != "M-7" else "i")
        small.sees("start without --read-only")
        small.keys("3", "Escape")
    server.stop()
    small.sees("reconnecting")
    small.keys("s")
    small.sees("start without --read-only")


def test_read_only_without_a_gateway_offers_no_start(small, socket):
    small.run("--socket", str(socket), "--read-only")
    assert "in the background" not in small.sees("No gateway is running", "r  try again now")


# Copying and exporting


def buffer_of(terminal):
    """What tmux has on its clipboard; empty where there is nothing yet."""
    return subprocess.run(["tmux", "-L", terminal.name, "show-buffer"], capture_output=True, env=terminal.environment).stdout


def copied(terminal):
    terminal.tmux("set", "-s", "set-clipboard", "on")
    return wait(lambda: buffer_of(terminal), "a copy on the terminal's clipboard").decode()


HOSTILE = "it's \"$(touch broken)\" `touch broken`; touch broken \\ %s $HOME !x\n'\x1b[2J \x9b2J \u202e é"


def test_y_copies_the_id_of_the_selected_request(small, serve, socket, home):
    serve("--rate", "0")
    small.tmux("set", "-s", "set-clipboard", "on")
    small.run("--socket", str(socket), "--view", "requests")
    small.sees("● live", "following")
    small.keys("Down", "y")
    notice = re.search(r"copied query id ([0-9a-f]{16})", small.sees("copied query id"))[1]
    assert copied(small) == notice
    rows = json.loads(run(home, "--json", "--socket", socket).stdout)["exchanges"]
    assert notice == rows[1]["query_id"]


def test_a_request_is_copied_as_json_and_its_detail_too(small, serve, socket, home):
    serve("--rate", "0", "--prompt", HOSTILE)
    small.tmux("set", "-s", "set-clipboard", "on")
    small.run("--socket", str(socket), "--view", "requests")
    small.sees("● live", "following")
    small.keys("Y")
    small.sees("1 its query id", "2 everything, as JSON", "3 a curl command")
    small.keys("2")
    summary = json.loads(copied(small))
    assert summary["prompt"] == HOSTILE
    small.tmux("delete-buffer")
    small.keys("Enter")
    small.sees("on premium")
    small.keys("Y", "2")
    detail = json.loads(copied(small))
    assert detail["summary"] == summary and detail["attempts"][0]["error"] == "overloaded"


def test_the_curl_command_repeats_the_prompt_whatever_it_holds(small, serve, socket, home):
    serve("--rate", "0", "--prompt", HOSTILE)
    small.tmux("set", "-s", "set-clipboard", "on")
    small.run("--socket", str(socket), "--view", "requests")
    small.sees("● live", "following")
    small.keys("Y", "3")
    command = copied(small)
    assert "\n" not in command and command.startswith("curl -sS -N 'http://127.0.0.1:8080/v1/messages'")
    # A shell runs it, with something in curl's place that tells its arguments.
    tool = home / "bin" / "curl"
    tool.parent.mkdir()
    tool.write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n")
    tool.chmod(0o755)
    for shell in ("sh", "bash"):
        told = subprocess.run([shell, "-c", command], capture_output=True, text=True, cwd=home,
                              env={**os.environ, "PATH": f"{tool.parent}:{os.environ['PATH']}", "GATEWAY_KEY": "k"})
        words = json.loads(told.stdout)
        body = json.loads(words[words.index("--data-raw") + 1])
        assert body["messages"] == [{"role": "user", "content": HOSTILE}] and body["model"] == "claude-opus-4-7"
        assert "x-api-key: k" in words and told.stderr == ""
    assert not (home / "broken").exists(), "the prompt ran"


def test_a_copy_that_no_clipboard_takes_goes_into_a_file(small, serve, socket, home):
    serve("--rate", "0", "--long")
    small.tmux("set", "-s", "set-clipboard", "on")
    small.run("--socket", str(socket), "--view", "requests")
    small.sees("● live", "following")
    small.keys("Enter")
    small.sees("on premium")
    small.keys("Y", "2")
    small.sees(".json")
    files = list((home / "llm-gateway" / "exports").glob("copied-*.json"))
    assert len(files) == 1 and files[0].stat().st_size > 74_000 and files[0].stat().st_mode & 0o777 == 0o600
    assert len(json.loads(files[0].read_text())["decision"]["candidates"]) == 200
    assert buffer_of(small) == b""


def test_outside_tmux_the_sequence_goes_to_the_terminal_alone(home, serve, socket):
    serve("--rate", "0")
    terminal = Pseudo(home, "--socket", socket, "--view", "requests", "--theme", "dark")
    terminal.sees("following")
    terminal.type(b"y")
    terminal.sees("copied query id")
    sequences = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", terminal.output)
    assert len(sequences) == 1 and re.fullmatch(rb"[0-9a-f]{16}", base64.b64decode(sequences[0]))
    assert b"\x1bPtmux;" not in terminal.output
    terminal.end()


def test_the_rows_that_pass_the_filter_are_exported(small, serve, socket, home):
    serve("--rate", "0", "--history", "80", "--prompt", "=HYPERLINK(\"http://x\",\"y\")\nsecond")
    small.run("--socket", str(socket), "--view", "requests")
    small.sees("● live", "following")
    small.keys("/")
    small.type("tier:f")
    small.keys("Enter")
    small.sees("/tier:f")
    small.keys("e")
    small.sees("1 CSV", "2 JSONL")
    small.keys("1")
    small.sees(".csv")
    small.keys("e", "2")
    small.sees(".jsonl")
    rows = json.loads(run(home, "--json", "--socket", socket).stdout)["exchanges"]
    expected = [row for row in rows if row.get("tier") == "fast"]
    directory = home / "llm-gateway" / "exports"
    names = sorted(os.listdir(directory))
    assert [name.rpartition(".")[2] for name in names] == ["csv", "jsonl"]
    with open(directory / names[0], newline="") as file:
        table = list(csv.DictReader(file, strict=True))
    assert [row["query_id"] for row in table] == [row["query_id"] for row in expected]
    assert {row["prompt"] for row in table} == {"'=HYPERLINK(\"http://x\",\"y\")\nsecond"}
    assert {row["tier"] for row in table} == {"fast"}
    assert [float(row["cost_usd"]) for row in table] == [row["cost_usd"] for row in expected]
    lines = [json.loads(line) for line in (directory / names[1]).read_text().splitlines()]
    assert lines == expected


# The terminal is given back


@pytest.mark.parametrize("keys", [[":"], ["2", "Y"], ["2", "e"], ["?", "/"], ["T", "T"], ["2", "y"]],
                         ids=["palette", "copy menu", "export menu", "help search", "theme", "copied"])
@pytest.mark.parametrize("how", ["C-c", signal.SIGTERM, signal.SIGSEGV])
def test_the_terminal_is_given_back_out_of_every_state(small, serve, socket, home, keys, how):
    serve("--rate", "0")
    small.keys("-l", "export SWIFT_BACKTRACE=enable=no; ulimit -c 0")
    small.keys("Enter")
    small.run("--socket", str(socket))
    small.sees("● live", "following")
    small.keys(*keys)
    small.sees({":": "what to do", "Y": "1 its query id", "e": "1 CSV", "/": "Enter keeps", "T": "theme: ", "y": "copied"}[keys[-1]])
    if how == "C-c":
        # The first leaves what is open.
        small.keys("C-c")
        wait(lambda: small.child() is None or small.keys("C-c"), "the end of the program")
    else:
        os.kill(wait(small.child, "the program's process"), how)
    assert small.is_restored(home)


def test_a_silent_terminal_has_its_line_settings_back_after_a_kill_while_it_is_asked(home, socket):
    terminal = Pseudo(home, "--socket", socket)
    before = termios.tcgetattr(terminal.terminal)
    terminal.sees("\x1b]11;?")
    os.kill(terminal.pid, signal.SIGTERM)
    wait(lambda: terminal.read() or os.waitpid(terminal.pid, os.WNOHANG)[0], "the end of the program")
    after = termios.tcgetattr(terminal.terminal)
    assert after[:4] == before[:4]
    os.close(terminal.terminal)
