"""`tools/setup.sh` with a made-up Debian: which packages it asks for, and that it says what it could not install."""
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVERS = {"postgresql", "redis-server", "tmux", "python3-venv"}


@pytest.fixture
def debian(tmp_path):
    """A copy of the script's surroundings, with commands that only write down what they are asked."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools/setup.sh", tmp_path / "tools")
    shutil.copy(ROOT / "Package.swift", tmp_path)
    commands = tmp_path / "bin"
    commands.mkdir()
    scripts = {
        "dpkg-query": 'for p in "${@:4}"; do [[ " $INSTALLED " == *" $p "* ]] && echo "$p installed"; done; true',
        "apt-get": 'echo "$*" >>"$LOG"; exit ${APT:-0}',
        "sudo": 'exec "$@"',
        "swift": 'echo "Swift version 6.3.1"',
        "python3": '[[ "$*" == "-m pip --version" ]]',
    }
    for name, script in scripts.items():
        (commands / name).write_text(f"#!/bin/bash\n{script}\n")
        (commands / name).chmod(0o755)

    def run(*arguments, **environment):
        log = tmp_path / "log"
        log.write_text("")
        done = subprocess.run(
            [tmp_path / "tools/setup.sh", *arguments], capture_output=True, text=True, cwd=tmp_path, stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": f"{commands}:{os.environ['PATH']}", "LOG": str(log), "INSTALLED": "",
                 "LLM_GATEWAY_MODEL_DIR": str(tmp_path / "model"), **environment})
        lines = [line.split() for line in log.read_text().splitlines() if " install " in f" {line} "]
        return done, {word for line in lines for word in line if not word.startswith("-") and word != "install"}

    return run


def test_running_needs_no_server(debian):
    done, asked = debian()
    assert done.returncode == 0, done.stderr
    assert {"libcurl4-openssl-dev", "libpq-dev", "libncurses-dev"} <= asked and not asked & SERVERS
    assert "the embedding model could not be fetched" in done.stderr


def test_the_tests_need_servers(debian):
    done, asked = debian("--tests")
    assert SERVERS <= asked
    assert done.returncode == 1 and "python3 -m venv" in done.stderr


def test_nothing_is_installed_twice(debian):
    _, asked = debian()
    done, again = debian(INSTALLED=" ".join(asked))
    assert done.returncode == 0 and not again


def test_what_could_not_be_installed_is_said(debian):
    done, _ = debian(APT="100")
    assert done.returncode == 1 and "apt-get could not install them" in done.stderr and "libcurl4-openssl-dev" in done.stderr


def test_unknown_arguments_are_refused(debian):
    done, asked = debian("--test")
    assert done.returncode == 2 and not asked and "--tests" in done.stderr
