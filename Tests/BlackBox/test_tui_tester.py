"""The prompt tester of the built `gateway-tui`, in a terminal in tmux, on a `gatewayd` with simulated tiers.

    GATEWAY_BIN_DIR=.build/debug pytest Tests/BlackBox/test_tui_tester.py
"""
import json
import re
import stat

import pytest

import wire
from processes import backend, config
from test_tui import Terminal, home, pytestmark, terminal, wait  # noqa: F401


@pytest.fixture
def gateway(start):
    return start.gateway()


@pytest.fixture
def wide(home):
    terminal = Terminal((120, 40), home)
    yield terminal
    terminal.close()


def watch(terminal, gateway, *options):
    terminal.run("--socket", str(gateway.socket), "--view", "tester", *options)
    terminal.sees("● live", "Write a prompt")


def leave(terminal):
    terminal.keys("C-c")
    terminal.sees("READY>")


def words(screen):
    """The text of a screen without frames and line ends."""
    return " ".join(screen.replace("│", " ").split())


def test_two_tiers_are_compared(terminal, gateway):
    watch(terminal, gateway)
    terminal.type("Explain how a hash table grows. [[simulate: tokens=120]]")
    terminal.keys("C-v")
    terminal.sees("▶ [ ] tier fast", "[ ] opus", "0 marked")
    terminal.keys("Space", "Down", "Down", "Space")
    terminal.sees("[x] tier fast", "[ ] tier balanced", "[x] tier premium", "2 marked")
    terminal.keys("Enter")
    # Simulated models cost nothing: nobody is asked.
    terminal.sees("streaming", "tier fast", "tier premium", "★ best", "Esc cancels all")
    screen = wait(lambda: (s := terminal.screen()).count("end_turn") == 2 and s, "both answers to end")
    assert "F claude-haiku" in screen and "P claude-opus" in screen
    for label in ("first token", "total", "cost"):
        assert "★" in next(line for line in screen.splitlines() if line.startswith(f"│ {label}")), label
    costs = [float(cost) for cost in re.findall(r"~\$([\d.]+)", next(l for l in screen.splitlines() if l.startswith("│ cost")))]
    assert len(costs) == 2 and 0 < costs[0] < costs[1]
    assert "in all · Esc closes" in screen
    # Two columns have room beside each other at both sizes; both begin alike.
    terminal.keys(*["PPage"] * 12)
    wait(lambda: terminal.screen().count("[simulated]") == 2, "both beginnings side by side")
    rows = wire.get_json(gateway.port, "/v1/metrics/recent?n=10")
    text = json.dumps(rows)
    assert "claude-haiku-4-5-20251001" in text and "claude-opus-4-7" in text and "claude-sonnet-4-6" not in text
    terminal.keys("Escape")
    terminal.loses("★ best")
    terminal.sees("Explain how a hash table grows", "cost on each backend")


def test_weak_answers_tell_what_was_found(wide, gateway):
    watch(wide, gateway)
    wide.type("What is the capital of Peru? [[simulate: hedge tokens=150]]")
    wide.keys("C-v")
    wide.sees("0 marked")
    wide.keys("a", "Enter")
    screen = wait(lambda: (s := wide.screen()).count("end_turn") == 3 and s, "all three answers to end")
    assert screen.count("weak: uncertainty") == 3 and screen.count("judge: ") == 3
    assert "F claude-haiku" in screen and "B claude-sonnet" in screen and "P claude-opus" in screen


def test_escape_cancels_all_of_them(wide, gateway):
    watch(wide, gateway)
    wide.type("wait [[simulate: stall=60000]]")
    wide.keys("C-v")
    wide.sees("0 marked")
    wide.keys("a", "Enter")
    wait(lambda: wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 3, "three prompts under way")
    wide.keys("Escape")
    wait(lambda: wide.screen().count("✖ cancelled") == 3, "three cancelled")
    wait(lambda: wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 0, "all to be broken off")


def test_what_it_costs_is_asked_before_anything_is_sent(wide, start):
    upstream = start.upstream(wire.reply_by_path)
    gateway = start.gateway(config(
        backend("quick", upstream.url, "claude-haiku-4-5-20251001"),
        backend("strong", upstream.url, "claude-opus-4-7", tier="premium"),
    ))
    watch(wide, gateway)
    wide.type("Hello")
    for answer in ("n", "y"):
        wide.keys("C-v")
        wide.sees("tier premium")
        wide.keys("a")
        wide.sees("2 marked")
        wide.keys("Enter")
        screen = wide.sees("Send this prompt to 2 models for about $", "Estimated: tier fast $", "y yes · n no")
        total, fast, premium = (float(x) for x in re.search(
            r"about \$([\d.]+) in all.*?fast \$([\d.]+), tier premium \$([\d.]+)\. ", words(screen)).groups())
        assert abs(total - fast - premium) < 0.0002
        assert upstream.requests == []
        wide.keys(answer)
        wide.loses("Send this prompt")
    wait(lambda: len(upstream.requests) == 2, "two calls")
    assert {request.json()["model"] for request in upstream.requests} == {"claude-haiku-4-5-20251001", "claude-opus-4-7"}
    wait(lambda: "Esc closes" in wide.screen(), "the end of both")


def test_a_prompt_is_saved_and_comes_back_after_a_restart(terminal, gateway, home):
    watch(terminal, gateway)
    terminal.type("Name three rivers of Peru")
    terminal.keys("C-o")
    terminal.sees("▶ auto", "the gateway chooses", "claude-opus-4-7")
    terminal.keys("Down", "Down")
    terminal.sees("▶ sonnet")
    terminal.keys("Enter")
    terminal.sees("model sonnet")
    terminal.keys("C-g")
    terminal.sees("model sonnet · classifier rule_based")
    terminal.keys("M-w")
    terminal.sees("save the prompt as", "Name three rivers of Peru")
    terminal.keys("C-u")
    terminal.type("rivers")
    terminal.keys("Enter")
    terminal.sees('saved as "rivers"')
    path = home / "llm-gateway" / "prompts.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["prompts"] == [
        {"name": "rivers", "prompt": "Name three rivers of Peru", "model": "sonnet", "classifier_mode": "rule_based"}]
    leave(terminal)
    watch(terminal, gateway)
    assert "model sonnet" not in terminal.screen()
    terminal.keys("M-p")
    terminal.sees("▶ rivers", "model sonnet · classifier rule_based", "d delete")
    terminal.keys("Enter")
    terminal.sees("> Name three rivers of Peru", "model sonnet · classifier rule_based", "prompt · rivers", "◀ chosen")
    terminal.keys("Enter")
    terminal.sees("saved", " out")
    exchange = wire.get_json(gateway.port, "/v1/metrics/recent?n=1")
    assert "sonnet" in json.dumps(exchange)
    terminal.keys("M-p")
    terminal.sees("▶ rivers")
    terminal.keys("d")
    terminal.sees('Delete the saved prompt "rivers"?')
    terminal.keys("y")
    terminal.sees("No prompt is saved yet.")
    assert json.loads(path.read_text())["prompts"] == []


def test_a_broken_file_of_prompts_is_told_of_and_left_alone(wide, gateway, home):
    path = home / "llm-gateway" / "prompts.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"version": 1, "prompts": [')
    watch(wide, gateway)
    wide.keys("M-p")
    wait(lambda: "it is no file of saved prompts; mend it or move it away" in words(wide.screen()), "the reason")
    wide.keys("Escape")
    wide.loses("✖")
    wide.type("hello")
    wide.keys("M-w")
    wide.sees("save the prompt as")
    wide.keys("Enter")
    wide.sees("nothing was saved: ", "prompts.json")
    assert path.read_text() == '{"version": 1, "prompts": ['
    assert [file.name for file in path.parent.iterdir() if "prompts.json" in file.name] == ["prompts.json"]


@pytest.mark.parametrize("keeps", [True, False], ids=["kept", "not kept"])
def test_sent_prompts_outlive_the_program_where_that_is_wanted(wide, gateway, home, keeps):
    if not keeps:
        settings = home / "config" / "llm-gateway" / "tui.yaml"
        settings.parent.mkdir(parents=True)
        settings.write_text("prompt_history: false\n")
    watch(wide, gateway)
    wide.type("private thoughts [[simulate: tokens=3]]")
    wide.keys("Enter")
    wide.sees(" out", "saved")
    path = home / "llm-gateway" / "prompt-history.json"
    if keeps:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert json.loads(path.read_text()) == ["private thoughts [[simulate: tokens=3]]"]
    leave(wide)
    watch(wide, gateway)
    wide.keys("Up")
    if keeps:
        wide.sees("> private thoughts")
    else:
        wide.type("x")
        wide.sees("> x")
        assert not path.exists()


def test_undo_and_read_only(wide, gateway):
    watch(wide, gateway, "--read-only")
    wide.type("one two")
    wide.sees("> one two", "◀ chosen")
    wide.keys("M-z")
    wide.loses("> one two")
    wide.keys("M-Z")
    wide.sees("> one two")
    for key in ("C-v", "Enter"):
        wide.keys("C-l", key)
        wide.sees("read-only: this would change or cost something")
    assert "[ ]" not in wide.screen()
    assert wire.get_json(gateway.port, "/v1/metrics")["since_start"]["requests"] == 0
