#!/usr/bin/env python3
"""Named faults against a freshly built daemon, each with a check of its own: figures.py [--list] [--short] [GROUP or NAME]...

Every fault has a place of its own, starts what it needs on free ports of this machine, and ends just that. Prints a line a
fault, `N passed, N failed` at the end, and exits 1 where one failed. What this machine cannot do is skipped and told.
--keep leaves what the faults wrote in .build/faults/figures.
"""

import argparse
import re
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from figures import books, caches, control, crashes, crowds, leaks, machine, memory, money, network, stops  # noqa: E402
from figures.lab import FAULTS, KIT, ROOT, Broken, Lab, Skip  # noqa: E402

_ = (books, caches, control, crashes, crowds, machine, memory, money, network, stops)


def faults_of_the_kit():
    """The faults of providers that the kit's upstream knows; `make faults PARTS=faults` checks each, streamed and not."""
    try:
        source = (KIT / "faulty_upstream.py").read_text()
        kit = (KIT / "faults.py").read_text()
    except OSError:
        return []
    table = kit[kit.index("F={"):kit.index("CUTS=")]
    words = set(re.findall(r"[a-z][a-z0-9_]+", " ".join(re.findall(r'"([^"]*)"', table))))
    return sorted(word for word in words if f'"{word}"' in source)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="GROUP or NAME")
    parser.add_argument("--list", action="store_true", help="print the names of all faults, and how many there are")
    parser.add_argument("--short", action="store_true", help="a few minutes in all")
    parser.add_argument("--keep", action="store_true")
    chosen = parser.parse_args()
    if chosen.list:
        for fault in FAULTS:
            print(f"{fault['group']:12} {fault['name']:34} {fault['summary']}")
        kit = faults_of_the_kit()
        for name in kit:
            print(f"{'provider':12} {name:34} make faults PARTS=faults")
        return print(f"{len(FAULTS) + len(kit)} named faults, {len(FAULTS)} of them here")
    known = {fault["group"] for fault in FAULTS} | {fault["name"] for fault in FAULTS}
    for name in chosen.names:
        if name not in known:
            parser.error(f"there is no fault or group {name}; see --list")
    wanted = [fault for fault in FAULTS if not chosen.names or {fault["group"], fault["name"]} & set(chosen.names)]
    if chosen.short:
        wanted = [fault for fault in wanted if fault["in_short"]]
    passed = failed = skipped = 0
    place = ROOT / ".build" / "faults" / "figures"
    for fault in wanted:
        lab = Lab(place / fault["name"], chosen.short)
        began = time.monotonic()
        try:
            try:
                figures = fault["run"](lab)
            finally:
                lab.end()
            passed += 1
            line = f"pass {fault['name']}: {figures}"
        except Skip as reason:
            skipped += 1
            line = f"SKIPPED {fault['name']}: {reason}"
        except (Broken, AssertionError) as reason:
            failed += 1
            line = f"FAIL {fault['name']}: {reason}"
        except Exception:  # the run goes on: it is this fault's failure
            failed += 1
            line = f"FAIL {fault['name']}: {traceback.format_exc()}"
        print(f"{line} ({time.monotonic() - began:.1f} s)", flush=True)
    if not chosen.names or "leaks" in chosen.names:
        found, searched = leaks.search(place)
        failed, passed = failed + bool(found), passed + (not found)
        print(f"{'FAIL' if found else 'pass'} leaks: {searched} files, {len(found)} hits {found[:5]}")
    if not chosen.keep:
        leaks.remove(place)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed else 0)


main()
