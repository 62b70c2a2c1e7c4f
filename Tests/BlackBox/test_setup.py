"""`tools/setup.sh` with a made-up Debian: which packages it asks for, and that it says what it could not install."""
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVERS = {"postgresql", "redis-server", "tmux", "python3-venv"}


def without_commands(directory, first, without):
    """A PATH of one directory that has all that `first` and PATH have, but for these."""
    directory.mkdir()
    for place in [first, *map(pathlib.Path, os.environ["PATH"].split(":"))]:
        for command in place.iterdir() if place.is_dir() else ():
            link = directory / command.name
            if command.name not in without and not link.is_symlink():
                link.symlink_to(command)
    return str(directory)


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

    def run(*arguments, without=(), **environment):
        """Runs it; `without` names commands that this machine has not."""
        here = without_commands(tmp_path / "few", commands, without) if without else f"{commands}:{os.environ['PATH']}"
        log = tmp_path / "log"
        log.write_text("")
        done = subprocess.run(
            [tmp_path / "tools/setup.sh", *arguments], capture_output=True, text=True, cwd=tmp_path, stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": here, "LOG": str(log), "INSTALLED": "",
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


@pytest.mark.parametrize("missing", [["swift"], ["apt-get"], ["dpkg-query"], ["swift", "apt-get"]], ids="-".join)
def test_what_the_machine_has_not_is_said_with_the_line_to_type(debian, missing):
    done, asked = debian(without=missing)
    assert done.returncode == 1
    lines = {
        "swift": "Type: curl -O https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz && ",
        "apt-get": "type: sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends ",
        "dpkg-query": "type: sudo dnf install -y ",
    }
    # The packages come first: they are installed, or named, whether there is a toolchain or not.
    assert lines[missing[-1]] in done.stderr
    assert bool(asked) == (missing == ["swift"])


def test_an_old_toolchain_is_refused(debian, tmp_path):
    (tmp_path / "bin" / "swift").write_text("#!/bin/bash\necho Swift version 5.10.1\n")
    done, _ = debian()
    assert done.returncode == 1 and "this is Swift 5.10.1" in done.stderr and "swiftly init" in done.stderr

