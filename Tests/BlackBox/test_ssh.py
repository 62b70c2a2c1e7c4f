"""The terminal of one machine on the gateway of another: the control socket through `ssh -L`, as docs/tui.md says."""
import getpass
import os
import pathlib
import shutil
import subprocess

import pytest

import wire
from processes import wait_until
from redis_server import free_port
from test_tui import Terminal, once

SERVER = shutil.which("sshd") or "/usr/sbin/sshd"

pytestmark = pytest.mark.skipif(
    not pathlib.Path(SERVER).exists() or shutil.which("ssh") is None or shutil.which("tmux") is None,
    reason="no ssh client or server",
)


@pytest.fixture
def far(tmp_path):
    """A machine that is reached by ssh: this one, by keys that are made for it. Gives the words that every ssh begins with."""
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys / name], check=True)
    (keys / "authorized").write_text((keys / "user.pub").read_text())
    port = free_port()
    settings = {
        "Port": port, "ListenAddress": "127.0.0.1", "HostKey": keys / "host", "AuthorizedKeysFile": keys / "authorized",
        "PidFile": "none", "StrictModes": "no", "UsePAM": "no", "PasswordAuthentication": "no", "PermitRootLogin": "yes",
        "AllowStreamLocalForwarding": "yes",
    }
    (keys / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    if os.getuid() == 0:
        # Where the server, which gives up its rights, must be able to stand.
        pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    server = subprocess.Popen([SERVER, "-D", "-e", "-f", keys / "sshd_config"], stderr=(keys / "log").open("wb"))
    words = ["ssh", "-F", "none", "-i", str(keys / "user"), "-p", str(port), "-o", "StrictHostKeyChecking=no",
             "-o", f"UserKnownHostsFile={keys / 'known'}", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes",
             "-o", "StreamLocalBindUnlink=yes", f"{getpass.getuser()}@127.0.0.1"]

    def reachable():
        assert server.poll() is None, (keys / "log").read_text()
        return subprocess.run([*words, "true"], capture_output=True).returncode == 0

    wait_until(reachable, "the ssh server")
    yield words
    server.terminate()
    server.wait()


def test_the_terminal_works_through_a_tunnel_and_comes_back_after_it_broke(start, far, tmp_path):
    gateway = start.gateway()
    near = tmp_path / "near.sock"

    def tunnel():
        *options, host = far[1:]
        process = subprocess.Popen(["ssh", "-N", "-L", f"{near}:{gateway.socket}", *options, host], stderr=subprocess.DEVNULL)
        wait_until(near.exists, "the near end of the tunnel")
        return process

    first = tunnel()
    wire.messages(gateway.port, wire.prompt("Through the tunnel"))
    result = once(near)
    assert result.returncode == 0 and "Through the tunnel" in result.stdout, result.stderr

    terminal = Terminal((120, 40), tmp_path)
    try:
        terminal.run("--socket", str(near))
        terminal.sees("● live", "Through the tunnel")
        first.terminate()
        first.wait()
        terminal.loses("● live")
        second = tunnel()
        terminal.sees("● live")
        wire.messages(gateway.port, wire.prompt("After it broke"))
        terminal.sees("After it broke")
        second.terminate()
        second.wait()
    finally:
        terminal.close()
