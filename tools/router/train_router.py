#!/usr/bin/env python3
"""Trains the gateway's learned score and writes its weights. Needs numpy, nothing else.

    train_router.py --data DIR --model-dir DIR [--exemplars FILE] [--cache FILE] [--out FILE] [--golden FILE]

DIR of --data holds train.jsonl and dev.jsonl with measured answers; --model-dir model.safetensors and vocab.txt of
all-MiniLM-L6-v2. The prompts themselves do not get into what is written, but for the golden ones, which are our own.
"""

import argparse
import base64
import hashlib
import json
import pathlib

import numpy as np

import golden
from features import table as feature_table
from heads import (
    QUALITY_TARGETS, TASKS, Head, Settings, Variant, dequantised, four_digits, knots, quantised, score, thresholds,
    tiers,
)
from learning import Data, Scale, ask_of, equal_units, isotonic, read, read_lines
from lexicon import REPOSITORY
from minilm import MAXIMUM_TOKENS

FOLDS = 10
CENTROIDS = 32
NEAR_SHARE = 0.2  # of the prompts are nearer to a bound than what counts as near
HERE = pathlib.Path(__file__).resolve().parent


def load(folder: str, exemplars: str, model: str, cache: str) -> Data:
    rows = []
    for name in ("train.jsonl", "dev.jsonl"):
        rows += read_lines(pathlib.Path(folder) / name)
    for row in read_lines(pathlib.Path(exemplars)):
        rows.append({**row, "set": "exemplars", "family": "exemplars"})
    return read(rows, model, cache)


def scale_of(data: Data, fit: np.ndarray) -> Scale:
    """From everyday and measured prompts, half and half, rounded as it is written."""
    weights = np.zeros(data.count)
    hand = fit & np.isin(data.set, ("gateway", "exemplars"))
    measured = fit & data.measured
    weights[hand] = 0.5 / max(1, hand.sum())
    weights[measured] = equal_units(data.unit, measured, 1.0)[measured] * 0.5 / measured.sum()
    scale = Scale.of(data.values, weights)
    return Scale(four_digits(scale.mean), four_digits(scale.deviation))


def unseen_raw(data: Data, whole: Variant) -> tuple[np.ndarray, np.ndarray]:
    """Raw scores and tasks of the labelled everyday prompts by heads that have not seen them."""
    fold = np.random.default_rng(7).integers(0, FOLDS, data.count)
    hand = np.isin(data.set, ("gateway", "exemplars"))
    raw = np.full(data.count, np.nan)
    task = np.full(data.count, "", dtype="<U12")
    everything = np.ones(data.count, bool)
    for number in range(FOLDS):
        held = hand & (fold == number)
        variant = Variant(data, everything & ~held, whole.scale, whole.with_meaning, whole.settings, exam_of=whole)
        raw[held] = variant.raw()[held]
        task[held] = variant.task_of(data.values)[held]
    return raw, task


def confidence(scores: np.ndarray, tier: np.ndarray, bounds: tuple[float, float]) -> tuple[list, list, float]:
    """The chance that the tier is right by the distance to the nearer bound, and what distance is near."""
    margin = np.minimum(np.abs(scores - bounds[0]), np.abs(scores - bounds[1]))
    right = (tiers(scores, bounds) == tier).astype(float)
    order = np.argsort(margin)
    # A rising curve, drawn from its ends to ten places on the way.
    rising = isotonic(np.r_[right[order], right.mean()], np.r_[np.ones(len(order)), 20.0])[:-1]
    places = np.linspace(0, len(order) - 1, 11).round().astype(int)
    margins = four_digits(margin[order][places])
    for at in range(1, len(margins)):
        margins[at] = max(margins[at], margins[at - 1] + 0.01)
    return margins.tolist(), four_digits(rising[places]).tolist(), float(np.quantile(margin, NEAR_SHARE))


def centroids(vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """Directions in the midst of the training prompts, and the cosine that 95 in 100 of them reach to one."""
    random = np.random.default_rng(11)
    centres = vectors[random.choice(len(vectors), CENTROIDS, replace=False)]
    for _ in range(30):
        nearest = (vectors @ centres.T).argmax(1)
        for number in range(CENTROIDS):
            members = vectors[nearest == number]
            if len(members):
                centres[number] = members.mean(0)
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    small = np.clip(np.round(centres * 127 / np.abs(centres).max(1, keepdims=True)), -127, 127)
    units = small / np.linalg.norm(small, axis=1, keepdims=True)
    return small.astype(np.int8), float(np.quantile((vectors @ units.T).max(1), 0.05))


def encoded(head: Head, typical: np.ndarray | None) -> dict:
    out = {"bias": head.bias, "features": head.features.tolist()}
    if len(head.embedding):
        step, values = quantised(head.embedding)
        out["scale"] = step
        out["embedding"] = base64.b64encode(values.tobytes()).decode()
        out["typical"] = float(four_digits(float(typical @ dequantised(step, values))))
    return out


def variant_file(data: Data, scale: Scale, with_meaning: bool, settings: Settings) -> tuple[dict, Variant, np.ndarray]:
    everything = np.ones(data.count, bool)
    variant = Variant(data, everything, scale, with_meaning, settings)
    table = knots(variant.raw(), data, everything)
    hand = np.isin(data.set, ("gateway", "exemplars"))
    raw, task = unseen_raw(data, variant)
    scores, tier = score(raw[hand], table), data.tier[hand]
    rows = []
    for target in QUALITY_TARGETS:
        fast, balanced = thresholds(scores, tier, target)
        if rows:  # more quality never lets a cheap tier answer more
            fast, balanced = min(fast, rows[-1]["fast_max"]), min(balanced, rows[-1]["balanced_max"])
        rows.append({"quality": target, "fast_max": round(fast, 2), "balanced_max": round(balanced, 2)})
        given = tiers(scores, (fast, balanced))
        print(
            f"  {target:.2f}: fast to {fast:5.1f}, balanced to {balanced:5.1f}; right {np.mean(given == tier):.3f},"
            f" too low {np.mean(given < tier):.3f}, too high {np.mean(given > tier):.3f}"
        )
    chosen = next(row for row in rows if row["quality"] == 0.95)
    margins, chances, near = confidence(scores, tier, (chosen["fast_max"], chosen["balanced_max"]))
    known = np.array([row["task"] if row["set"] == "exemplars" else "" for row in data.rows])
    judged = hand & (known != "")
    print(f"  task right {np.mean(task[judged] == known[judged]):.3f}; near is within {near:.1f} points")
    weights = np.where(hand, 1.0, 0)
    typical = weights @ data.vectors / weights.sum() if with_meaning else None
    out = {name: encoded(getattr(variant, name), typical) for name in ("exam", "everyday", "gate", "gain")}
    out["tasks"] = [{"task": name, **encoded(head, typical)} for name, head in zip(TASKS, variant.tasks)]
    out |= {
        "knots": table.tolist(),
        "thresholds": rows,
        "confidence": {"margins": margins, "chances": chances},
        "near_margin": round(near, 2),
    }
    return out, variant, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--model-dir", required=True)
    parser.add_argument("--exemplars", default=str(HERE / "exemplars.jsonl"))
    parser.add_argument("--cache", default="/tmp/router-embeddings.npz")
    parser.add_argument("--out", default=str(REPOSITORY / "Sources/ProxyDaemon/IO/Classifier/router.weights.json"))
    parser.add_argument("--golden", default=str(REPOSITORY / "Tests/GatewayCoreTests/Classification/router.golden.json"))
    options = parser.parse_args()

    settings = Settings()
    data = load(options.data, options.exemplars, options.model_dir, options.cache)
    everything = np.ones(data.count, bool)
    scale = scale_of(data, everything)
    variants, fitted = {}, {}
    for name in ("meaning", "words"):
        print(name)
        variants[name], *fitted[name] = variant_file(data, scale, name == "meaning", settings)
    small, least = centroids(data.vectors.copy())
    hashes = {
        pathlib.Path(path).name: hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
        for path in (*(f"{options.data}/{part}.jsonl" for part in ("train", "dev")), options.exemplars)
    }
    weights_hash = hashlib.sha256((pathlib.Path(options.model_dir) / "model.safetensors").read_bytes()).hexdigest()
    file = {
        "version": 1,
        "embedder": {"model": "all-MiniLM-L6-v2", "sha256": weights_hash, "tokens": MAXIMUM_TOKENS},
        "trained_on": hashes,
        "features": list(feature_table(ask_of({"prompt": ""}))),
        "mean": scale.mean.tolist(),
        "deviation": scale.deviation.tolist(),
        "novelty": {
            "count": CENTROIDS,
            "least_cosine": round(least, 4),
            "centroids": base64.b64encode(small.tobytes()).decode(),
        },
        "variants": variants,
    }
    write(pathlib.Path(options.out), file)
    rows = golden.vectors(scale, fitted, options.model_dir, options.cache)
    write(pathlib.Path(options.golden), {"vectors": rows})


def write(path: pathlib.Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A line for each member of the top level keeps differences readable.
    lines = ",\n".join(f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}" for key, value in content.items())
    path.write_text("{" + lines + "}\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
