#!/usr/bin/env python3
"""How good the exam head is on task families that it has not seen, beside length, chance and simple heuristics.

    lofo.py --data DIR --model-dir DIR [--exemplars FILE] [--cache FILE] [--heldout FILE]

Every family of measured prompts is left out once; all of the table comes from heads that never saw its family. A set counts
where it has 200 prompts and the strong model is 0.05 better. With --heldout, labelled prompts that are in no training are
judged too, by heads that are trained on everything.
"""

import argparse
import re

import numpy as np

from heads import Settings, Variant, knots, score, thresholds, tiers
from golden import applied_to
from learning import apgr, auc, read, read_lines
from train_router import load, scale_of, unseen_raw
import pathlib

ROUNDS = 1_000


def points(prompt: str, tools) -> float:
    """Points for length and keywords, as simple gateways give them."""
    size = len(prompt) // 4
    total = next((p for limit, p in ((50, 5), (200, 10), (500, 15), (1000, 20), (2000, 25), (4000, 30)) if size < limit), 35)
    total += 10 * bool(re.search(r"\bjson\b", prompt, re.I)) + 15 * bool(tools)
    total += 10 * bool(re.search(r"```|\b(def|class|import|function|python|javascript|sql|rust|java)\b", prompt, re.I))
    return total + 15 * bool(re.search(r"step by step|analy[sz]e|trade-?off|compare|explain why|prove|design|optimi", prompt, re.I))


def rules(prompt: str, tools) -> float:
    """A base by kind of task, raised and lowered by a few words."""
    base = 3
    for pattern, value in (
        (r"\b(integral|derivative|equation|solve|probability|prove)\b|\d+\s*[-+*/^]\s*\d", 6), (r"\b(function|code|python|bug|class|sql)\b", 5),
        (r"\b(analy[sz]e|compare|evaluate|pros and cons)\b", 6), (r"\b(why|explain|reason|how does)\b", 6),
        (r"\b(write|compose)\b.*\b(poem|story|haiku|essay|email)\b", 4), (r"\btranslate\b", 3), (r"^(what|who|when|where|is|are)\b", 2),
    ):
        if re.search(pattern, prompt, re.I | re.S):
            base = value
            break
    base += min(3, len(re.findall(r"\b(step by step|in detail|detailed|comprehensive|complex|advanced|design|multiple)\b", prompt, re.I)))
    base -= min(2, len(re.findall(r"\b(simple|brief|short|quick)\b", prompt, re.I)))
    return base + (len(prompt) > 400) + (len(prompt) > 1200) - (len(prompt) < 48)


def patterns(prompt: str, tools) -> float:
    """Three classes by patterns that are taken for certain."""
    if len(prompt) > 2400 or re.search(r"\b(prove|design an?|architect|trade-?off|in-depth|analy[sz]e|implement|refactor|optimi[sz]e|debug)\b", prompt, re.I):
        return 2
    return 0 if len(prompt) < 32 or len(prompt) < 120 and re.match(r"\s*(what|who|when|where|define|list|is|are)\b", prompt, re.I) else 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--data", "--model-dir"):
        parser.add_argument(name, required=True)
    parser.add_argument("--exemplars", default=str(pathlib.Path(__file__).with_name("exemplars.jsonl")))
    parser.add_argument("--cache", default="/tmp/router-embeddings.npz")
    parser.add_argument("--heldout")
    options = parser.parse_args()
    data = load(options.data, options.exemplars, options.model_dir, options.cache)
    settings = Settings()

    columns = {
        "length": np.array([float(len(row["prompt"])) for row in data.rows]),
        "chance": np.random.default_rng(5).random(data.count),
        "points for length and keywords": np.array([points(row["prompt"], row.get("tools")) for row in data.rows]),
        "rules by kind of task": np.array([float(rules(row["prompt"], row.get("tools"))) for row in data.rows]),
        "three classes by patterns": np.array([float(patterns(row["prompt"], row.get("tools"))) for row in data.rows]),
    }
    for name, with_meaning in (("learned, features only", False), ("learned, with embedding", True)):
        out = np.full(data.count, np.nan)
        for family in dict.fromkeys(data.family[data.measured]):
            held = data.family == family
            variant = Variant(data, ~held, scale_of(data, ~held), with_meaning, settings)
            raw = variant.raw()
            out[held] = score(raw, knots(raw, data, ~held))[held]
        columns[name] = out
    report(data, columns)
    everyday(data, columns, settings)
    if options.heldout:
        heldout(data, options, settings)


def report(data, columns) -> None:
    counts = {unit: data.unit == unit for unit in dict.fromkeys(data.unit[data.measured])}
    units = [unit for unit, rows in counts.items() if rows.sum() >= 200 and data.gain[rows].mean() >= 0.05]
    print(f"{len(units)} sets: {', '.join(units)}")
    weights = np.zeros(data.count)
    for unit in units:
        weights[counts[unit]] = 1 / counts[unit].sum()
    pooled = np.isin(data.unit, units)
    random = np.random.default_rng(1)
    samples = [{unit: random.choice(np.nonzero(counts[unit])[0], counts[unit].sum()) for unit in units} for _ in range(ROUNDS)]
    length = np.array([np.nanmean([apgr(columns["length"][s[u]], data.gain[s[u]]) for u in units]) for s in samples])
    for name, values in columns.items():
        each = [apgr(values[counts[unit]], data.gain[counts[unit]]) for unit in units]
        whole = apgr(values[pooled], data.gain[pooled], weights[pooled])
        own = np.array([np.nanmean([apgr(values[s[u]], data.gain[s[u]]) for u in units]) for s in samples])
        low, high = np.percentile(own - length, [2.5, 97.5])
        print(
            f"{name:32} mean {np.mean(each):.3f} pooled {whole:.3f} less length {np.mean(each) - baseline(data, columns, counts, units):+.3f}"
            f" [{low:+.3f}, {high:+.3f}]  " + " ".join(f"{value:.3f}" for value in each)
        )


def baseline(data, columns, counts, units) -> float:
    return float(np.mean([apgr(columns["length"][counts[unit]], data.gain[counts[unit]]) for unit in units]))


def everyday(data, columns, settings) -> None:
    """Labelled everyday prompts by heads that have not seen them (ten folds)."""
    hand = {"gateway-style": data.set == "gateway", "own exemplars": data.set == "exemplars"}
    for name, with_meaning in (("learned, features only", False), ("learned, with embedding", True)):
        everything = np.ones(data.count, bool)
        whole = Variant(data, everything, scale_of(data, everything), with_meaning, settings)
        raw, _ = unseen_raw(data, whole)
        columns[name] = raw
    for name, values in columns.items():
        print(f"{name:32}", "; ".join(f"{label} {tier_line(values[rows], data.tier[rows])}" for label, rows in hand.items()))


def tier_line(values: np.ndarray, tier: np.ndarray) -> str:
    """With the bounds that are best in hindsight."""
    places = np.unique(np.quantile(values, np.linspace(0, 1, 61)))
    best = max(((tiers(values, (a, b)) == tier).mean(), a, b) for a in places for b in places if b >= a)
    given = tiers(values, best[1:])
    return f"right {best[0]:.3f} too low {np.mean(given < tier):.3f} AUC31 {auc(values[tier != 2], tier[tier != 2] == 3):.3f}"


def heldout(data, options, settings) -> None:
    everything = np.ones(data.count, bool)
    scale = scale_of(data, everything)
    rows = [{**row, "set": "heldout"} for row in read_lines(pathlib.Path(options.heldout))]
    other = read(rows, options.model_dir, options.cache)
    for name, with_meaning in (("learned, features only", False), ("learned, with embedding", True)):
        variant = Variant(data, everything, scale, with_meaning, settings)
        table = knots(variant.raw(), data, everything)
        raw, _ = unseen_raw(data, variant)
        hand = np.isin(data.set, ("gateway", "exemplars"))
        bounds = thresholds(score(raw[hand], table), data.tier[hand], 0.95)
        applied = applied_to(variant, other, scale)
        values = score(applied.raw(), table)
        given = tiers(values, bounds)
        task = np.mean(applied.task_of(other.values) == other.task)
        print(
            f"{name:32} held out ({len(rows)}): right {np.mean(given == other.tier):.3f} too low {np.mean(given < other.tier):.3f}"
            f" too high {np.mean(given > other.tier):.3f} AUC31 {auc(values[other.tier != 2], other.tier[other.tier != 2] == 3):.3f}"
            f" task {task:.3f}"
        )
    for name, function in (("length", lambda r: float(len(r["prompt"]))), ("points for length and keywords", lambda r: points(r["prompt"], r.get("tools")))):
        values = np.array([function(row) for row in rows])
        print(f"{name:32} held out: {tier_line(values, other.tier)} (bounds in hindsight)")


if __name__ == "__main__":
    main()
