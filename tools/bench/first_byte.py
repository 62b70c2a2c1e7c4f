#!/usr/bin/env python3
"""Prints what servers add to the first byte of a stream, from the load generator's figures: first_byte.py FILE.tsv

The load generator counts from the moment it sends a request to the first byte of the answer's body. The provider of the
benchmark sends its first byte at once, so that what a server adds, less the same calls made directly, is its way there and the
way from the provider's first byte to the client's. Medians over the rounds; microseconds.
"""

import statistics
import sys

# Columns of the load generator behind the label `target|dialect|workload`.
CONNECTIONS, P50, P99 = 1, 9, 10
REFERENCE, DIRECT = "nginx", "direct"


def read(lines):
    """Workload → target → (connections, median of the p50s, median of the p99s), for streams alone."""
    rounds = {}
    for line in lines:
        fields = line.rstrip("\n").split("\t")
        label = fields[0].split("|")
        if len(label) != 3 or len(fields) <= P99 or not label[2].startswith("sse"):
            continue
        figures = float(fields[CONNECTIONS]), float(fields[P50]), float(fields[P99])
        rounds.setdefault(label[2], {}).setdefault(label[0], []).append(figures)
    return {
        workload: {target: tuple(map(statistics.median, zip(*figures))) for target, figures in targets.items()}
        for workload, targets in rounds.items()
    }


def pause(workload):
    """`sse2:16` is a workload whose events are 2 ms apart."""
    milliseconds = workload.partition(":")[0].removeprefix("sse")
    return "without pauses" if milliseconds == "0" else f"an event each {milliseconds} ms"


def table(workloads):
    yield "| first byte of a stream, µs | target | p50 | p99 | added p50 | added p99 | x nginx, added p50 |"
    yield "|---|---|---|---|---|---|---|"
    for workload, targets in workloads.items():
        direct, reference = targets.get(DIRECT), targets.get(REFERENCE)
        for target, (connections, p50, p99) in targets.items():
            added = [f"{p50 - direct[1]:.0f}", f"{p99 - direct[2]:.0f}"] if direct and target != DIRECT else ["–", "–"]
            by_reference = reference[1] - direct[1] if direct and reference else 0
            ratio = f"{(p50 - direct[1]) / by_reference:.1f}" if by_reference > 0 and target != DIRECT else "–"
            name = f"{pause(workload)}, {connections:.0f} connections"
            yield f"| {name} | {target} | {p50:.0f} | {p99:.0f} | {added[0]} | {added[1]} | {ratio} |"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1]) as file:
        print("\n".join(table(read(file))))
