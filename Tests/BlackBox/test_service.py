"""What a service manager needs: readiness told by its protocol, an installation that can be packed, a unit that is one."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

import processes


@pytest.mark.parametrize("kind", ["file", "abstract"])
def test_the_service_manager_is_told(start, tmp_path, kind):
    name = str(tmp_path / "notify") if kind == "file" else f"\0gateway-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(name)
        manager.settimeout(20)
        directory = tmp_path / "gw"
        environment = processes.xdg(directory, NOTIFY_SOCKET=name.replace("\0", "@"))
        gateway = start.gateway(directory=directory, environment=environment)
        assert manager.recv(100) == b"READY=1"
        gateway.end()
        assert manager.recv(100) == b"STOPPING=1"


def test_a_manager_that_is_gone_is_nobodys_trouble(start, tmp_path):
    directory = tmp_path / "gw"
    gateway = start.gateway(directory=directory, environment=processes.xdg(directory, NOTIFY_SOCKET="/nowhere/at/all"))
    assert gateway.port


def test_the_installation_is_whole_and_keeps_what_is_there(tmp_path):
    """The script as `make install` runs it, on a copy whose built programs are the debug ones."""
    copy, root = tmp_path / "copy", tmp_path / "root"
    (copy / ".build" / "release").mkdir(parents=True)
    for name in ("gatewayd", "gateway-tui"):
        shutil.copy(processes.binary(name), copy / ".build" / "release" / name)
    for name in ("config.yaml", "README.md", "docs", "tools"):
        source = processes.REPOSITORY / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
    environment = processes.xdg(tmp_path / "home", DESTDIR=root, PREFIX="/opt/gateway")
    command = [copy / "tools" / "install" / "install.sh"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    own = root / "etc" / "llm-gateway" / "config.yaml"
    own.write_text("log: {level: debug}\n")
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert own.read_text() == "log: {level: debug}\n"
    assert (root / "etc/llm-gateway/environment").stat().st_mode & 0o777 == 0o600
    version = subprocess.run([root / "opt/gateway/bin/gatewayd", "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.strip()
    unit = (root / "etc/systemd/system/gatewayd.service").read_text()
    assert "ExecStart=/opt/gateway/bin/gatewayd serve" in unit and "@PREFIX@" not in unit
    if shutil.which("systemd-analyze"):
        program = unit.replace("/opt/gateway", f"{root}/opt/gateway")
        place = Path(tmp_path / "gatewayd.service")
        place.write_text(program)
        checked = subprocess.run(["systemd-analyze", "verify", "--man=no", place], capture_output=True, text=True)
        assert "gatewayd.service" not in checked.stderr, checked.stderr


# What the gateway was seen to call, in a trace of a start, of requests of all kinds and of an end, beside what every program does.
CALLS = """
accept4 bind connect epoll_create1 epoll_ctl epoll_wait eventfd2 fdatasync fsync ftruncate flock futex getpriority getrandom ioctl listen
madvise mkdir mmap mprotect munmap poll pread64 prlimit64 pwrite64 recvfrom recvmsg rename sched_getaffinity
sched_getscheduler sched_setscheduler sched_yield sendto setpriority setsockopt shutdown signalfd4 socketpair statfs sysinfo
timerfd_create timerfd_settime unlink writev
""".split()


def calls_of(name):
    """The system calls of a name in a unit's filter: one, or a set of them and of other sets."""
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    names = [line.strip() for line in listed.splitlines()[1:]]
    return {call for inner in names if inner and not inner.startswith("#") for call in calls_of(inner)}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")
def test_the_unit_refuses_nothing_that_the_gateway_does():
    unit = (processes.REPOSITORY / "tools/install/gatewayd.service").read_text()
    allowed = set()
    for line in unit.splitlines():
        key, _, names = line.partition("=")
        if key != "SystemCallFilter":
            continue
        calls = {call for name in names.removeprefix("~").split() for call in calls_of(name)}
        allowed = allowed - calls if names.startswith("~") else allowed | calls
    assert [call for call in CALLS if call not in allowed] == []
    assert "ptrace" not in allowed and "mount" not in allowed
    # What a later library may call is refused, and does not kill the gateway.
    assert "\nSystemCallErrorNumber=EPERM\n" in unit
