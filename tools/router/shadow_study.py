#!/usr/bin/env python3
"""Replays ShadowRanking's rule on measured answers of two models and prints what shadow pairs buy.

  shadow_study.py --data DIR [--embeddings E.npy] [--splits 10]

DIR holds train.jsonl and dev.jsonl: one object a line with set, family, task, prompt and q = [cheap, mid, strong]. E.npy
holds one row for each line of the two files in that order; without it the inputs are the features alone. Needs numpy.

For every set of tasks with at least 400 prompts and a gap of at least .05 between the models: a ridge regression on the
other families plays the prior, a random part of the set arrives as shadow pairs, and the rest is ranked after 0, 50, 100,
200, 300 and 500 of them. Columns: `rule` is what the gateway would do (the prior until the adjustment has proved itself),
`always` the adjustment without that gate. `noise` deals the set's gains out at random first: there is nothing to learn,
and `in use` says how often the gate let the adjustment through all the same.
"""
import argparse
import json
import re

import numpy as np

STEPS = (0, 50, 100, 200, 300, 500)

# The rule's constants: see ShadowRanking.swift.
START_SLOPE = 0.1
PRECISION_OFFSET = 4.0
PRECISION_SLOPE = 100.0
PRECISION_INPUT = 4.0
DRIFT = 0.0001
WINDOW = 200
MINIMUM_PAIRS = 100
TRIAL_EVERY = 10
LEAD_TO_START = 0.03
LEAD_TO_STAY = 0.0
LEAD_ERRORS = 1.0
CHANCE_ERRORS = 2.6
TRIALS_TO_START = 2

WORD = re.compile(r"[A-Za-z]+")
CUES = [
    r"```|\bdef |\breturn\b|;\s*$",
    r"\b(?:function|class|code|program|python|list|string)\b",
    r"\b(?:prove|derive|why|explain|reason|analy[sz]e|compare|evaluate)\b",
    r"\b(?:solve|equation|integer|probability|triangle|sum|polynomial|percent)\b",
    r"^\s*(?:what|who|when|where|which|is|are|does|how many)\b",
    r"\b(?:not|except|false|least|never|incorrect)\b",
    r"\b(?:if|given|suppose|let|such that|unless|then)\b",
    r"\b(?:must|exactly|at least|at most|only|each|every)\b",
    r"^\s*\(?[A-J][.)]\s",
]
CUES = [re.compile(cue, re.I | re.M) for cue in CUES]


def features(row):
    """What can be counted in a prompt without a model; about the size of one each after scaling."""
    text = row["prompt"]
    size = max(1, len(text))
    words = WORD.findall(text)
    count = max(1, len(words))
    options = CUES[-1].search(text)
    stem = text[: options.start()] if options else text
    share = lambda test: sum(map(test, text)) / size
    return [
        np.log1p(size),
        np.log1p(len(stem)),
        np.log1p(text.count("\n")),
        sum(map(len, words)) / count,
        len({word.lower() for word in words}) / count,
        sum(len(word) > 8 for word in words) / count,
        share(str.isupper),
        share(str.isdigit),
        share(lambda letter: ord(letter) > 127),
        share(lambda letter: letter in "()[]{}<>=+*/^\\|&%$#@~`_"),
        np.log1p(len(re.findall(r"[.!?](?:\s|$)", text))),
        min(5, text.count("?")),
        np.log1p(len(re.findall(r"\d+", text))),
        np.log1p(text.count("\\")),
        float(text.rstrip().endswith("?")),
        max([len(word) for word in words] or [0]),
        np.log1p(len(row.get("tools") or [])),
    ] + [np.log1p(len(cue.findall(text))) for cue in CUES]


def apgr(score, gain):
    """The area under the share of the gap won against the share of strong calls; equal scores in random order."""
    order = np.argsort(-score, kind="stable")
    ranked, won = score[order], np.cumsum(gain[order])
    ends = np.r_[np.nonzero(np.diff(ranked))[0], len(gain) - 1]
    return np.trapezoid(np.r_[0, won[ends]], np.r_[0, (ends + 1) / len(gain)]) / won[-1]


def trial(scores, predictions, gains):
    """(lead, its error, concordance, its error) of predictions against scores over all couples with different gains."""
    truth = np.sign(np.subtract.outer(gains, gains))
    counted = truth != 0
    couples = counted.sum()
    if not couples:
        return 0.0, 0.0, 0.5, 0.0
    right = lambda values: np.where(counted, 0.5 + 0.5 * np.sign(np.subtract.outer(values, values)) * truth, 0)
    mine = right(predictions)
    results = []
    for part in (mine - right(scores), mine):
        mean = part.sum() / couples
        own = (part - mean * counted).sum(1)
        results += [mean, 2 * np.sqrt((own**2).sum()) / couples]
    return results


class ShadowRanking:
    """The Swift type's rule in numpy."""

    def __init__(self, dimensions):
        precision = np.full(dimensions + 2, PRECISION_INPUT)
        precision[:2] = PRECISION_OFFSET, PRECISION_SLOPE
        self.start = 1 / precision
        self.covariance = np.diag(self.start)
        self.weights = np.zeros(dimensions + 2)
        self.weights[1] = START_SLOPE
        self.scores, self.predictions, self.gains = [], [], []
        self.in_use = False
        self.pairs = self.won = self.uses = 0

    def vector(self, scores, inputs):
        z = (np.atleast_1d(scores) - 50) / 50
        return np.column_stack([np.ones(len(z)), z, np.atleast_2d(inputs)])

    def record(self, score, inputs, gain):
        x = self.vector(score, np.clip(inputs, -8, 8))[0]
        prediction = self.weights @ x
        spread = self.covariance @ x
        step = spread / (1 + x @ spread)
        self.weights = self.weights + step * (gain - prediction)
        self.covariance -= np.outer(step, spread)
        left = np.diag(self.covariance)
        self.covariance[np.diag_indices_from(self.covariance)] = left + DRIFT * np.maximum(0, self.start - left)
        for ring, value in ((self.scores, score), (self.predictions, prediction), (self.gains, gain)):
            ring.append(value)
            del ring[:-WINDOW]
        self.pairs += 1
        if self.pairs >= MINIMUM_PAIRS and self.pairs % TRIAL_EVERY == 0:
            self.judge()
        self.uses += self.in_use

    def judge(self):
        lead, lead_error, concordance, chance_error = trial(*map(np.array, (self.scores, self.predictions, self.gains)))
        if self.in_use:
            self.in_use = lead >= LEAD_TO_STAY and concordance >= 0.5
            self.won = 0
            return
        is_won = (
            lead >= max(LEAD_TO_START, LEAD_ERRORS * lead_error) and concordance - 0.5 >= CHANCE_ERRORS * chance_error
        )
        self.won = self.won + 1 if is_won else 0
        self.in_use = self.won >= TRIALS_TO_START

    def adjusted(self, scores, inputs):
        """Every prediction becomes the score that holds its rank among the scores of the last pairs."""
        raw = self.vector(scores, inputs) @ self.weights
        known, wanted = np.sort(self.predictions), np.sort(self.scores)
        return np.interp(raw, known, wanted)


def prior(inputs, gain, fit):
    """Scores 0...100 of a ridge regression that was fitted to the rows of `fit` alone."""
    x = np.column_stack([np.ones(len(inputs)), inputs])
    penalty = np.eye(x.shape[1]) * 8
    penalty[0, 0] = 0
    raw = x @ np.linalg.solve(x[fit].T @ x[fit] + penalty, x[fit].T @ gain[fit])
    return 100 * np.searchsorted(np.sort(raw[fit]), raw) / fit.sum()


def study(rows, inputs, splits, shuffle):
    gain = np.array([row["q"][2] - row["q"][0] for row in rows])
    family = np.array([row["family"] for row in rows])
    name = np.array([row["set"] + ("/" + row["task"] if row["set"] == "ulab" else "") for row in rows])
    table = {}
    for each in sorted(set(name)):
        mine = np.nonzero(name == each)[0]
        if len(mine) < 400 or gain[mine].mean() < 0.05:
            continue
        scores = prior(inputs, gain, family != family[mine[0]])
        results, used, pairs = [], 0, 0
        for split in range(splits):
            generator = np.random.default_rng(split)
            order = generator.permutation(mine)
            truth = gain.copy()
            if shuffle:
                truth[order] = truth[generator.permutation(order)]
            stream, test = order[: min(500, len(order) - 120)], order[min(500, len(order) - 120):]
            ranking, row = ShadowRanking(inputs.shape[1]), []
            for at in range(len(stream) + 1):
                if at in STEPS:
                    always = ranking.adjusted(scores[test], inputs[test]) if at >= 50 else scores[test]
                    rule = always if ranking.in_use else scores[test]
                    row.append((apgr(rule, truth[test]), apgr(always, truth[test])))
                if at < len(stream):
                    ranking.record(scores[stream[at]], inputs[stream[at]], truth[stream[at]])
            results.append(row)
            used, pairs = used + ranking.uses, pairs + len(stream) - MINIMUM_PAIRS
        table[each] = (np.mean(results, axis=0), used / pairs, len(mine))
    return table


def show(title, table):
    print(f"{title}: APGR as rule/always after so many pairs")
    print(f"{'':26}{'n':>6}" + "".join(f"{step:>13}" for step in STEPS) + "   in use")
    for each, (values, used, count) in table.items():
        cells = "".join(f"{rule:>8.3f}/{always:.3f}"[-13:].rjust(13) for rule, always in values)
        print(f"{each:26}{count:>6}{cells:78}{used:>9.0%}")
    cells = ""
    for at in range(len(STEPS)):
        have = [values[at] for values, _, _ in table.values() if len(values) > at]
        if have:
            rule, always = np.mean(have, axis=0)
            cells += f"{rule:.3f}/{always:.3f}".rjust(13)
    print(f"{'mean':26}{'':6}{cells:78}{np.mean([used for _, used, _ in table.values()]):>9.0%}\n", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--embeddings")
    parser.add_argument("--splits", type=int, default=10)
    options = parser.parse_args()
    rows = [json.loads(line) for part in ("train", "dev") for line in open(f"{options.data}/{part}.jsonl")]
    keep = [at for at, row in enumerate(rows) if row.get("q")]
    kept = [rows[at] for at in keep]
    plain = np.array([features(row) for row in kept])
    plain = 0.12 * np.clip((plain - plain.mean(0)) / (plain.std(0) + 1e-6), -4, 4)
    inputs = plain
    if options.embeddings:
        inputs = np.hstack([np.load(options.embeddings)[keep], plain])
    print(f"{len(kept)} prompts, {inputs.shape[1]} inputs, {options.splits} splits")
    show("measured", study(kept, inputs, options.splits, shuffle=False))
    show("noise", study(kept, inputs, options.splits, shuffle=True))


if __name__ == "__main__":
    main()
