"""What every view of gateway-tui looks like, in a real terminal, at three sizes and in every theme.

The expected screens are files under `screens/`, to be read as they are. After a change that is meant, write them anew and look at
the difference: `UPDATE_SCREENS=1 pytest Tests/BlackBox/test_tui_screens.py`.
"""
import os
import pathlib
import re
import subprocess
import sys

import pytest

from test_tui import HERE, Terminal, home, pytestmark, socket, wait  # noqa: F401

SCREENS = pathlib.Path(__file__).resolve().parent / "screens"
SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}
#: The keys that lead from one screen to the next, and a word that is on it.
STEPS = [
    ("dashboard", ["1"], "spent today"),
    ("requests", ["2"], "tier/model"),
    ("detail", ["Down", "Down", "Enter", "z"], "attempts"),
    ("filter", ["Escape", "/", *"tier:p", "Enter"], "/tier:p"),
    ("tester", ["Escape", "3", *"Why?"], "◀ chosen"),
    ("backends", ["Tab", "Tab", "4"], "sonnet"),
    ("cache", ["5"], "semantic"),
    ("savings", ["6"], "2025-11-19"),
    ("workflows", ["7"], "long-document"),
    ("log", ["8"], "breaker open"),
    ("help", ["?"], "EVERYWHERE"),
]
#: The numbers of the 256 colours that a theme may use; `None` for a theme without colours.
COLOURS = {
    "dark": {245, 81, 36, 178, 167, 135},
    "light": {241, 26, 29, 130, 88, 53},
    "high-contrast": {75, 158, 226, 209, 225},
    "mono": set(),
}


@pytest.fixture
def still(socket):
    process = subprocess.Popen([sys.executable, HERE / "still_control.py", str(socket), "--rate", "0", "--workflows"])
    wait(socket.exists, "the server's socket")
    yield socket
    process.kill()
    process.wait()


def masked(screen):
    """Without what changes by itself: the clock at the end of the first line."""
    first, *rest = screen.rstrip("\n").split("\n")
    return "\n".join([re.sub(r"\d\d:\d\d:\d\d$", "hh:mm:ss", first), *rest]) + "\n"


def screens(size, home, socket, *options, capture=lambda terminal: masked(terminal.screen())):
    """Every screen by its name, from one run of the program."""
    os.environ["TZ"] = "UTC"
    terminal = Terminal(SIZES[size], home)
    shown = {}
    try:
        terminal.run("--socket", str(socket), *options)
        terminal.sees("● live", "spent today")
        for name, keys, word in STEPS:
            for key in keys:
                before = terminal.screen()
                terminal.keys(key) if len(key) > 1 else terminal.type(key)
                # What follows an escape at once would be taken for a key with Alt.
                if key == "Escape":
                    wait(lambda: terminal.screen() != before, "the escape's effect")
            terminal.sees(word)
            last = []

            def rests():
                last.append(capture(terminal))
                return len(last) > 2 and last[-1] == last[-2] == last[-3] and "asking …" not in last[-1] and last[-1]

            shown[name] = wait(rests, f"{name} to come to rest")
    finally:
        terminal.close()
        del os.environ["TZ"]
    return shown


@pytest.mark.parametrize("size", SIZES)
def test_every_view_looks_as_it_should(size, home, still):
    shown = screens(size, home, still, "--theme", "dark")
    differing = {}
    for name, screen in shown.items():
        file = SCREENS / f"{name}-{size}.txt"
        if os.environ.get("UPDATE_SCREENS"):
            SCREENS.mkdir(exist_ok=True)
            file.write_text(screen)
        elif file.read_text() != screen:
            differing[name] = screen
    assert not differing, "\n".join(f"{name}-{size}.txt is now\n{screen}" for name, screen in differing.items())
    columns = SIZES[size][0]
    assert all(len(line) <= columns for screen in shown.values() for line in screen.split("\n"))


@pytest.mark.parametrize("theme", COLOURS)
def test_a_theme_changes_colours_and_nothing_else(theme, home, still):
    def coloured(terminal):
        return terminal.tmux("capture-pane", "-p", "-e", "-t", "t")

    shown = screens("120x40", home, still, "--theme", theme, capture=coloured)
    used = set()
    for name, screen in shown.items():
        text = masked("\n".join(line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", screen).split("\n")))
        expected = (SCREENS / f"{name}-120x40.txt").read_text()
        if name != "help":
            assert text == expected, f"{name} in {theme}"
        for sequence in re.findall(r"\x1b\[([0-9;]*)m", screen):
            used |= {int(number) for number in re.findall(r"38;5;(\d+)", sequence)}
            assert not re.search(r"(^|;)(3[0-7]|9[0-7]|4[0-7]|48)(;|$)", re.sub(r"38;5;\d+", "", sequence)), \
                f"{name} in {theme} has a colour outside of the palette: {sequence!r}"
    assert used <= COLOURS[theme], f"{theme} uses {used - COLOURS[theme]}"
    assert len(used) >= min(len(COLOURS[theme]), 4), f"{theme} shows only {used}"
