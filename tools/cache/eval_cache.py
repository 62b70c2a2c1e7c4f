#!/usr/bin/env python3
"""Judges the running gateway's semantic cache on pairs of questions.

    eval_cache.py --gatewayd PROGRAM --data DIR [--sets FILE ...] [--traffic N] [--list]

Each line of a set is {"a": …, "b": …, "same": bool}: whether the answer to `a` may be given to `b`. The gateway is started
on a free port with simulated models, and asked about every pair (POST /admin/cache/compare). Printed for each set, and for
edits of its questions that change the answer (a number, a name, a negation): precision, recall and the share of false hits by
shared words alone, by the embeddings' cosine alone at several thresholds, and as the gateway decides.

--traffic N sends the first N pairs of each set as real requests, `a` and then `b`, and compares what came from the cache with
what the gateway said it would do. --list shows the pairs that it judged wrongly.
"""

import argparse
import concurrent.futures
import json
import pathlib
import random
import re
import subprocess
import tempfile
import time
import urllib.request

KEY = "eval-admin-key"
PORT_LINE = "listens on http://127.0.0.1:"
THRESHOLDS = [0.80, 0.85, 0.90, 0.92, 0.95, 0.98]


class Gateway:
    """The gateway under test, in demo mode on a free port."""

    def __init__(self, program: str, directory: pathlib.Path):
        log = (directory / "log").open("w")
        settings = directory / "config.yaml"
        settings.write_text(
            f"auth: {{admin_key: {KEY}}}\n"
            f"storage: {{path: {directory / 'gateway.db'}}}\n"
            "cache: {canary_rate: 0}\n"
            "embedding: {queue: 64, timeout_ms: 10000}\n"
            "use_haiku_classifier: false\n"
        )
        command = [program, "--demo", "--port", "0", "--socket", str(directory / "gw.sock"), "--config", str(settings)]
        self.child = subprocess.Popen(command, stderr=log, stdout=log)
        deadline = time.monotonic() + 20
        while PORT_LINE not in (text := (directory / "log").read_text()):
            if time.monotonic() > deadline or self.child.poll() is not None:
                raise SystemExit(f"the gateway did not start:\n{text}")
            time.sleep(0.05)
        self.url = f"http://127.0.0.1:{text.split(PORT_LINE)[1].split(' ')[0]}"

    def post(self, path: str, body: dict) -> tuple[dict, dict]:
        headers = {"content-type": "application/json", "x-api-key": KEY, "anthropic-version": "2023-06-01"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer), {name.lower(): value for name, value in answer.headers.items()}

    def compare(self, pair: dict) -> dict:
        return self.post("/admin/cache/compare", {"a": pair["a"], "b": pair["b"]})[0]

    def ask(self, text: str, number: int) -> str:
        """Where the answer came from. The system prompt keeps the pairs apart from each other."""
        body = {
            "model": "auto",
            "max_tokens": 64,
            "system": f"You answer pair {number}.",
            "messages": [{"role": "user", "content": text}],
        }
        return self.post("/v1/messages", body)[1]["x-gateway-cache"]


# Edits that make another question of one.

NUMBER = re.compile(r"\d+")
NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}")
VERB = re.compile(r"\b(is|are|was|were|do|does|did|can|could|should|would|will|has|have)\b(?! not)")


def edits(questions: list[str], seed: int = 1) -> dict[str, list[dict]]:
    """Pairs of a question and the same with one thing changed, by what was changed."""
    chance = random.Random(seed)
    names = sorted({name for question in questions for name in NAME.findall(question)})
    made: dict[str, list[dict]] = {"number changed": [], "name changed": [], "negated": []}

    def add(kind: str, question: str, edited: str) -> None:
        if edited != question:
            made[kind].append({"a": question, "b": edited, "same": False})

    for question in questions:
        if found := NUMBER.search(question):
            other = str(int(found[0]) + chance.choice([1, 2, 5, 10, 100]))
            add("number changed", question, question[: found.start()] + other + question[found.end() :])
        if (found := NAME.search(question)) and len(names) > 1:
            other = chance.choice([name for name in names if name != found[0]])
            add("name changed", question, question[: found.start()] + other + question[found.end() :])
        if found := VERB.search(question):
            add("negated", question, question[: found.end()] + " not" + question[found.end() :])
    return made


def row(title: str, pairs: list[dict], hits: list[bool]) -> str:
    same = [hit for pair, hit in zip(pairs, hits) if pair["same"]]
    different = [hit for pair, hit in zip(pairs, hits) if not pair["same"]]
    right, wrong = sum(same), sum(different)
    precision = f"{100 * right / (right + wrong):.1f}" if right + wrong else "–"
    recall = f"{100 * right / len(same):.1f}" if same else "–"
    false = f"{100 * wrong / len(different):.1f}" if different else "–"
    return f"| {title} | {precision} | {recall} | {false} |"


def judge(gateway: Gateway, name: str, pairs: list[dict], shows_mistakes: bool) -> list[dict]:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(gateway.compare, pairs))
    positives = sum(pair["same"] for pair in pairs)
    print(f"\n### {name}: {positives} that ask the same, {len(pairs) - positives} that do not\n")
    print("| hit where | precision % | recall % | false hits % |\n|---|---|---|---|")
    print(row("Jaccard ≥ 0.85", pairs, [(result.get("jaccard") or 0) >= 0.85 for result in results]))
    for threshold in THRESHOLDS:
        hits = [(result.get("cosine") or 0) >= threshold for result in results]
        print(row(f"cosine ≥ {threshold:.2f}", pairs, hits))
    unguarded = [(result.get("similarity") or 0) >= result["threshold"] for result in results]
    print(row("similarity, without guards", pairs, unguarded))
    print(row("**the gateway**: similarity and guards", pairs, [result["is_hit"] for result in results]), flush=True)
    if shows_mistakes:
        for pair, result in zip(pairs, results):
            if pair["same"] != result["is_hit"]:
                what = "missed" if pair["same"] else "FALSE HIT"
                figures = f"cosine {result.get('cosine') or 0:.3f} similarity {result.get('similarity') or 0:.3f}"
                why = "; ".join(result["refusals"]) or result.get("volatile_word") or ""
                print(f"  {what}: {pair['a']!r} / {pair['b']!r}: {figures} {why}")
    return results


def send(gateway: Gateway, pairs: list[dict], results: list[dict], base: int) -> None:
    """Whether real traffic is answered as the comparison says."""
    agreeing, hits, false = 0, 0, 0
    for number, (pair, result) in enumerate(zip(pairs, results)):
        gateway.ask(pair["a"], base + number)
        is_hit = gateway.ask(pair["b"], base + number) == "semantic"
        agreeing += is_hit == result["is_hit"] or pair["a"] == pair["b"]
        hits += is_hit
        false += is_hit and not pair["same"]
    print(f"\nas traffic: {len(pairs)} pairs, {hits} semantic hits, {false} of them false, {agreeing} as compared")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gatewayd", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--sets", nargs="*")
    parser.add_argument("--traffic", type=int, default=0)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    data = pathlib.Path(options.data)
    files = [data / name for name in options.sets] if options.sets else sorted(data.glob("*.jsonl"))
    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(options.gatewayd, pathlib.Path(directory))
        try:
            gateway.compare({"a": "Is the model loaded?", "b": "Is the model loaded?"})
            questions: list[str] = []
            for at, file in enumerate(files):
                lines = file.read_text(encoding="utf-8").splitlines()
                pairs = [json.loads(line) for line in lines if line.strip()]
                questions += [pair["a"] for pair in pairs if pair["same"] and len(pair["a"]) < 300]
                results = judge(gateway, file.name, pairs, options.list)
                if options.traffic:
                    count = options.traffic
                    send(gateway, pairs[:count], results[:count], 1_000_000 * at)
            for kind, pairs in edits(sorted(set(questions))).items():
                if pairs:
                    judge(gateway, f"edits: {kind}", pairs[:500], options.list)
        finally:
            gateway.child.terminate()
            gateway.child.wait(10)


if __name__ == "__main__":
    main()
