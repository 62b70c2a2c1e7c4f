"""A few of the named faults of tools/faults, in their short form. All of them: make faults-figures."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

import processes

os.environ.setdefault("GATEWAY_BIN_DIR", str(processes.REPOSITORY / ".build" / "debug"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "faults"))

from figures import books, caches, control, crashes, crowds, leaks, machine, memory, money, network, stops  # noqa: E402
from figures.lab import FAULTS, Broken, Lab, Skip  # noqa: E402

MODULES = (books, caches, control, crashes, crowds, leaks, machine, memory, money, network, stops)

# About three minutes in all with a debug build. Those whose checks are of times are left to the whole run.
CHOSEN = [
    "kill_9_under_load_full", "kill_9_under_streams_full", "kill_9_while_it_starts",
    "client_half_close", "client_leaves_before_the_answer", "herd_on_one_question",
    "redis_wrong_type", "redis_swapped_values", "redis_corrupt_replies", "redis_connections_reset", "redis_full",
    "postgres_connections_reset", "postgres_and_kill_9",
    "database_locked_full", "database_cut", "database_removed", "files_too_large",
    "budget_burst", "budget_and_kill_9", "provider_out_503", "provider_refused",
    "body_many_numbers", "body_deep", "body_gzip_bomb",
    "clock_two_hours_back", "clock_beyond_2038", "descriptors_taken_away", "core_files",
    "sigterm_soon", "sigterm_under_streams", "sigstop_and_cont", "second_daemon",
    "control_garbage", "control_socket_is_a_link", "tls_expired", "tls_unknown_authority", "dns_mute",
    "link_cut_in_a_stream", "redirect_canary", "leaks_of_a_busy_daemon", "leaks_on_a_terminal",
]


def test_every_fault_has_a_name_of_its_own():
    names = [fault["name"] for fault in FAULTS]
    assert len(names) == len(set(names)) and set(CHOSEN) <= set(names)
    assert all(fault["run"].__module__ in {module.__name__ for module in MODULES} for fault in FAULTS)


@pytest.mark.parametrize("name", CHOSEN)
def test_a_fault(name):
    fault = next(fault for fault in FAULTS if fault["name"] == name)
    # A short path: a socket's name has 107 bytes.
    place = Path(tempfile.mkdtemp(prefix="gwf-", dir="/tmp"))
    lab = Lab(place / "lab", is_short=True)
    try:
        try:
            print(fault["run"](lab))
        finally:
            lab.end()
            shutil.rmtree(place, ignore_errors=True)
    except Skip as reason:
        pytest.skip(str(reason))
    except Broken as reason:
        pytest.fail(str(reason), pytrace=False)
