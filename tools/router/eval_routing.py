#!/usr/bin/env python3
"""Judges the running gateway's routing on labelled and measured prompts.

    eval_routing.py --gatewayd PROGRAM --data DIR [--sets FILE ...] [--limit N]

Starts the gateway in demo mode on a free port, sends every prompt to POST /route as a dry run, and has the data's own
eval.py print APGR, CPT(50), CPT(80), pooled APGR and tier accuracy: for `rule_based` and `hybrid`, beside chance, length and
simple heuristics. DIR holds eval.py and dev.jsonl (prompts with measured qualities and labelled tiers); it is not part of
this repository. The prompts of our own that no training has seen are judged too.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import lofo

HERE = pathlib.Path(__file__).parent
PORT_LINE = "listens on http://127.0.0.1:"


def start(program: str, directory: pathlib.Path) -> tuple[subprocess.Popen, int]:
    """The gateway in demo mode and its port. It ends with the caller's `terminate`."""
    log = (directory / "log").open("w")
    settings = directory / "config.yaml"
    settings.write_text("use_haiku_classifier: false\n")
    command = [program, "--demo", "--port", "0", "--socket", str(directory / "gw.sock"), "--config", str(settings)]
    child = subprocess.Popen(command, stderr=log, stdout=log)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and child.poll() is None:
        text = (directory / "log").read_text()
        if PORT_LINE in text:
            return child, int(text.split(PORT_LINE)[1].split(" ")[0])
        time.sleep(0.05)
    raise SystemExit(f"the gateway did not start:\n{(directory / 'log').read_text()}")


def rows(path: pathlib.Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def run(title: str, *arguments: str) -> None:
    print(f"\n=== {title}", flush=True)
    subprocess.run([sys.executable, *arguments], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gatewayd", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--sets", nargs="*")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    data = pathlib.Path(options.data)
    judge = data / "eval.py"
    if not judge.exists():
        raise SystemExit(f"{judge} is not there; name the directory with eval.py and dev.jsonl: make eval-routing DATA=...")
    more = ["--limit", str(options.limit)] if options.limit else []
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        own = directory / "own.jsonl"
        own.write_text("".join(json.dumps({**row, "set": "heldout"}) + "\n" for row in rows(HERE / "heldout.jsonl")))
        sets = options.sets or [str(data / "dev.jsonl")]
        everything = [row for path in [*sets, own] for row in rows(pathlib.Path(path))]
        for method in ("random", "length"):
            run(method, str(judge), *sets, str(own), "--method", method, "--boot", "50", *more)
        heuristics = {
            "points for length and keywords": lofo.points,
            "rules by kind of task": lofo.rules,
            "three classes by patterns": lofo.patterns,
        }
        for title, function in heuristics.items():
            scores = directory / "scores.jsonl"
            lines = [{"id": row["id"], "score": float(function(row["prompt"], row.get("tools")))} for row in everything]
            scores.write_text("".join(json.dumps(line) + "\n" for line in lines))
            run(title, str(judge), *sets, str(own), "--scores", str(scores), "--boot", "50", *more)
        child, port = start(options.gatewayd, directory)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
                print(f"\nembedding: {json.load(answer)['embedding']}")
            for mode in ("rule_based", "hybrid"):
                url = f"http://127.0.0.1:{port}/route?dry_run=true&classifier_mode={mode}"
                run(f"the gateway, {mode}", str(judge), *sets, str(own), "--url", url, "--jobs", "2", "--boot", "50", *more)
        finally:
            child.terminate()
            child.wait(10)


if __name__ == "__main__":
    main()
