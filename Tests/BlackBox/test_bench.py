"""The tables that `make bench` makes of the load generator's figures."""

import subprocess

from processes import REPOSITORY

FIRST_BYTE = REPOSITORY / "tools" / "bench" / "first_byte.py"


def line(target, workload, p50, p99, connections=16):
    """A line of the load generator: its label, 20 figures, of which the ninth and tenth are the first byte's."""
    figures = [connections, 0, 1000, 7, 7, 7, 7, 7, p50, p99, 5, 5, 900, 0, 0, 0.5, 9, 20, 21, 4]
    return "\t".join([f"{target}|anthropic|{workload}", *map(str, figures)]) + "\n"


def test_what_is_added_to_the_first_byte_of_streams(tmp_path):
    rounds = [(100, 400), (120, 600), (110, 500)]
    file = tmp_path / "out.tsv"
    file.write_text(
        "label\tconns\trate\n"
        + "".join(line("direct", "sse2:16", *pair) for pair in rounds)
        + line("nginx", "sse2:16", 210, 700)
        + "".join(line("gateway", "sse2:16", p50, p99) for p50, p99 in [(9000, 9000), (260, 900), (110, 800)])
        + line("gateway", "miss:16", 1, 1)
        + line("gateway", "sse0:128", 50, 60, connections=128)
    )
    done = subprocess.run([FIRST_BYTE, file], capture_output=True, text=True, check=True)
    head, rule, *rows = done.stdout.splitlines()
    assert head.count("|") == rule.count("|") == 8
    # Medians of the rounds: 110 and 500 directly, so that nginx adds 100 and 200, the gateway 150 and 400.
    assert rows == [
        "| an event each 2 ms, 16 connections | direct | 110 | 500 | – | – | – |",
        "| an event each 2 ms, 16 connections | nginx | 210 | 700 | 100 | 200 | 1.0 |",
        "| an event each 2 ms, 16 connections | gateway | 260 | 900 | 150 | 400 | 1.5 |",
        "| without pauses, 128 connections | gateway | 50 | 60 | – | – | – |",
    ]
