"""What training and its check share: the data, ridge regression, and how good a ranking is."""

import dataclasses
import json
import math
import pathlib

import numpy as np

import minilm
from ask import Ask, ask
from features import table

EXAM_LIKE = ("natural_qa", "trivia_qa", "commonsense_qa")
FEATURE_SCALE = 0.12  # a standardised feature beside an embedding of unit length


@dataclasses.dataclass
class Data:
    """Prompts with their features and embeddings; a row of every array is a prompt."""

    rows: list
    asks: list
    values: np.ndarray  # features
    vectors: np.ndarray  # embeddings; of no columns without a model

    @property
    def count(self) -> int:
        return len(self.rows)

    def __post_init__(self):
        self.measured = np.array([bool(r.get("q")) for r in self.rows])
        self.cheap = np.array([r["q"][0] if r.get("q") else np.nan for r in self.rows])
        self.gain = np.array([r["q"][2] - r["q"][0] if r.get("q") else np.nan for r in self.rows])
        self.tier = np.array([r.get("tier") or 0 for r in self.rows])
        self.family = np.array([r.get("family") or r["set"] for r in self.rows])
        self.unit = np.array([r["set"] + ("/" + r["task"] if r["set"] == "ulab" else "") for r in self.rows])
        self.set = np.array([r["set"] for r in self.rows])
        self.weight = np.array([float(r.get("weight") or 1) for r in self.rows])
        self.task = np.array([r.get("task") or "" for r in self.rows])


def read_lines(path: pathlib.Path) -> list:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]


def ask_of(row: dict) -> Ask:
    tools = row.get("tools") or 0
    return ask(
        row["prompt"],
        turns=row.get("turns") or 1,
        system=len((row.get("system") or "").encode()) if isinstance(row.get("system"), str) else row.get("system") or 0,
        tools=tools if isinstance(tools, int) else len(tools),
    )


def read(rows: list, model: str | None, cache: str | None) -> Data:
    asks = [ask_of(row) for row in rows]
    values = np.array([list(table(a).values()) for a in asks])
    if model:
        vectors = minilm.cached([a.text.decode("utf-8", "replace") for a in asks], model, cache)
    else:
        vectors = np.zeros((len(rows), 0), np.float32)
    return Data(rows, asks, values, vectors)


@dataclasses.dataclass
class Scale:
    """Makes features comparable: zero mean, unit deviation, nothing beyond four deviations."""

    mean: np.ndarray
    deviation: np.ndarray

    @staticmethod
    def of(values: np.ndarray, weights: np.ndarray) -> "Scale":
        share = weights / weights.sum()
        mean = share @ values
        deviation = np.sqrt(share @ (values - mean) ** 2)
        # A feature that hardly varies here may vary elsewhere: it must not become a lever.
        return Scale(mean, np.maximum(deviation, 0.02))

    def __call__(self, values: np.ndarray) -> np.ndarray:
        return np.clip((values - self.mean) / self.deviation, -4, 4)


def ridge(x: np.ndarray, y: np.ndarray, weights: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Weighted ridge regression in closed form, of one or several targets; the constant is not penalised."""
    share = weights / weights.sum()
    mean, level = share @ x, share @ y
    centred = x - mean
    gram = centred.T @ (centred * weights[:, None]) + penalty * np.eye(x.shape[1])
    slope = np.linalg.solve(gram, centred.T @ ((y - level).T * weights).T)
    return slope, level - mean @ slope


def logistic(x: np.ndarray, y: np.ndarray, weights: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
    """Weighted logistic regression by Newton's method."""
    full = np.hstack([x, np.ones((len(x), 1))])
    slope = np.zeros(full.shape[1])
    fine = np.full(full.shape[1], penalty)
    fine[-1] = 1e-6
    for _ in range(12):
        chance = 1 / (1 + np.exp(-np.clip(full @ slope, -30, 30)))
        gradient = full.T @ (weights * (chance - y)) + fine * slope
        curve = full.T @ (full * (weights * chance * (1 - chance))[:, None]) + np.diag(fine)
        step = np.linalg.solve(curve, gradient)
        slope -= step
        if np.abs(step).max() < 1e-7:
            break
    return slope[:-1], float(slope[-1])


def isotonic(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The closest rising sequence (pool adjacent violators)."""
    blocks: list[list[float]] = []
    for value, weight in zip(values, weights):
        blocks.append([value, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            value, weight, count = blocks.pop()
            last = blocks[-1]
            total = last[1] + weight
            blocks[-1] = [(last[0] * last[1] + value * weight) / total, total, last[2] + count]
    return np.array([value for value, _, count in blocks for _ in range(int(count))])


def apgr(score: np.ndarray, gain: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Area under the share of the gap recovered against the share of strong calls; ties in random order."""
    weights = np.ones(len(gain)) if weights is None else weights
    order = np.argsort(-score, kind="stable")
    ends = np.r_[np.nonzero(np.diff(score[order]))[0], len(order) - 1]
    share = np.r_[0, np.cumsum(weights[order])[ends]]
    won = np.r_[0, np.cumsum((gain * weights)[order])[ends]]
    if abs(won[-1]) < 1e-9:
        return math.nan
    return float(np.trapezoid(won / won[-1], share / share[-1]))


def auc(score: np.ndarray, positive: np.ndarray) -> float:
    """The chance that a positive is above a negative."""
    a, b = score[positive], score[~positive]
    return float(((a[:, None] > b) + 0.5 * (a[:, None] == b)).mean()) if len(a) and len(b) else math.nan


def equal_units(unit: np.ndarray, mask: np.ndarray, power: float) -> np.ndarray:
    """Weights that let a set of n prompts count n^(1-power), with a mean of 1."""
    weights = np.zeros(len(unit))
    for name in dict.fromkeys(unit[mask]):
        inside = mask & (unit == name)
        weights[inside] = float(inside.sum()) ** -power
    return weights / weights[mask].mean()
