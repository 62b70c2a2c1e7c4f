"""The heads: what is learned from which prompts. One object is one variant, with or without the embedding."""

import dataclasses

import numpy as np

from ask import ask
from features import table
from learning import EXAM_LIKE, FEATURE_SCALE, Data, Scale, equal_units, isotonic, logistic, ridge

TASKS = ("simple_qa", "code", "math", "analysis", "creative", "translation", "reasoning", "general")

# What a measured prompt's task is called; tasks of which this cannot be said are left out.
MEASURED_TASKS = {
    "natural_qa": "simple_qa", "trivia_qa": "simple_qa", "mbpp": "code", "human_eval": "code", "math": "math",
    "gsm8k": "math", "agentverse-mgsm": "math", "agentverse-logicgrid": "reasoning", "commongen": "creative",
}
QUALITY_TARGETS = (0.90, 0.95, 0.98)
# Features that one of must be above zero for a task to be that.
TASK_SIGNS = {
    "code": ("cue_code", "cue_language", "log_code_marks", "log_fences"),
    "math": ("cue_maths", "cue_proof", "cue_quantity", "log_numbers", "log_operators", "log_latex"),
}
FEATURE_NAMES = list(table(ask("")))
# Families of measured prompts that people ask an assistant too.
NOT_EXAMS = ("trivia-qa", "code", "generation")
# Of the strong tier's quality, what a tier one or two below the one needed keeps. An assumption, not a measurement.
QUALITY_BELOW = (1.0, 0.6, 0.2)
PRIOR_COUNT = 20
PRIOR_LOSS = 0.1
PRICES = (1, 3, 5)  # of the tiers, relative


@dataclasses.dataclass
class Settings:
    gain_penalty: float = 5_000.0
    unit_power: float = 0.5
    # What the exam head is mixed of; each part counts by its spread.
    length_share: float = 0.5
    gain_share: float = 1.2
    fail_share: float = 1.0
    family_share: float = 1.0
    meaning_scale: float = 20.0  # an embedding of unit length against standardised features, in the gain heads
    complexity_penalty: float = 1.0
    gate_penalty: float = 0.5
    task_penalty: float = 0.5
    weak_weight: float = 0.05
    easy_weight: float = 0.05


@dataclasses.dataclass
class Head:
    features: np.ndarray
    embedding: np.ndarray
    bias: float

    def __call__(self, z: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        out = z @ self.features + self.bias
        return out + vectors @ self.embedding if len(self.embedding) else out

    def scaled(self, factor: float, shift: float) -> "Head":
        return Head(self.features * factor, self.embedding * factor, self.bias * factor + shift)

    def rounded(self) -> "Head":
        """As the weights file holds it: four digits, and bytes for the embedding."""
        return Head(four_digits(self.features), dequantised(*quantised(self.embedding)), float(four_digits(self.bias)))


def four_digits(values):
    return np.vectorize(lambda value: float(f"{value:.4g}"))(np.asarray(values, float)) if np.size(values) else values


def quantised(values: np.ndarray) -> tuple[float, np.ndarray]:
    if not len(values):
        return 0.0, np.zeros(0, np.int8)
    scale = float(f"{np.abs(values).max() / 127:.6g}") or 1e-9
    return scale, np.clip(np.round(values / scale), -127, 127).astype(np.int8)


def dequantised(scale: float, values: np.ndarray) -> np.ndarray:
    return scale * values.astype(float)


def centred(values: np.ndarray, unit: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Within each set, the distance from its mean: what is left cannot be told by which set it is."""
    out = np.array(values, float)
    for name in dict.fromkeys(unit[mask]):
        inside = mask & (unit == name)
        out[inside] -= out[inside].mean(0)
    return out


class Variant:
    """All heads of one variant, fitted on the rows of a mask. The exam heads are another's where one is given."""

    def __init__(
        self, data: Data, fit: np.ndarray, scale: Scale, with_meaning: bool, settings: Settings,
        exam_of: "Variant | None" = None,
    ):
        self.settings, self.scale, self.with_meaning = settings, scale, with_meaning
        self.z = scale(data.values)
        self.vectors = data.vectors if with_meaning else np.zeros((data.count, 0))
        if exam_of:
            self.exam, self.gain = exam_of.exam, exam_of.gain
        else:
            self._fit_exam(data, fit & data.measured)
        self._fit_everyday(data, fit)
        self._fit_gate(data, fit)
        self._fit_tasks(data, fit)

    def _split(self, slope: np.ndarray, bias: float, feature_scale: float, vector_scale: float) -> Head:
        count = self.z.shape[1]
        return Head(slope[:count] * feature_scale, slope[count:] * vector_scale, bias)

    def _fit_exam(self, data: Data, fit: np.ndarray) -> None:
        s = self.settings
        x = np.hstack([self.z, self.vectors * s.meaning_scale])
        weights = equal_units(data.unit, fit, s.unit_power)
        within = centred(x, data.unit, fit)
        fail = centred(1 - data.cheap, data.unit, fit)
        gain_within = centred(data.gain, data.unit, fit)
        slope, _ = ridge(within[fit], gain_within[fit], weights[fit], s.gain_penalty)
        self.gain = self._split(slope, 0.0, 1, s.meaning_scale)
        slope, _ = ridge(within[fit], fail[fit], weights[fit], s.gain_penalty)
        self.fail = self._split(slope, 0.0, 1, s.meaning_scale)
        level, constant = ridge(x[fit], data.gain[fit], weights[fit], s.gain_penalty)
        self.level = self._split(level, constant, 1, s.meaning_scale)
        # How often the cheap model fails, from one set to the next as well: only this tells whole families apart. The
        # same of the gain is no use: on families that were left out it ranks worse than chance.
        slope, constant = ridge(x[fit], 1 - data.cheap[fit], weights[fit], s.gain_penalty)
        family = self._split(slope, constant, 1, s.meaning_scale)
        # The mix: each head over its spread, plus length, over the spread of the whole.
        count = self.z.shape[1]
        length = Head(np.eye(count)[0], np.zeros(self.vectors.shape[1]), 0.0)
        parts = [
            (self.gain, s.gain_share), (self.fail, s.fail_share), (family, s.family_share), (length, s.length_share),
        ]
        features = np.zeros(count)
        embedding = np.zeros(self.vectors.shape[1])
        for head, share in parts:
            spread = head(self.z, self.vectors)[fit].std() + 1e-9
            features += head.features * share / spread
            embedding = embedding + head.embedding * share / spread
        exam = Head(features, embedding, 0.0)
        raw = exam(self.z, self.vectors)
        mean = np.average(raw[fit], weights=weights[fit])
        spread = np.sqrt(np.average((raw[fit] - mean) ** 2, weights=weights[fit]))
        self.exam = exam.scaled(1 / spread, -mean / spread).rounded()
        self.gain = self.level.rounded()

    def everyday_target(self, data: Data) -> tuple[np.ndarray, np.ndarray]:
        """How hard a prompt is from 0 to 1, and how much the label counts."""
        target = np.full(data.count, np.nan)
        weights = np.zeros(data.count)
        hand = np.isin(data.set, ("gateway", "exemplars"))
        target[hand], weights[hand] = (data.tier[hand] - 1) / 2, data.weight[hand]
        weak = data.set == "weak_tier"
        target[weak], weights[weak] = np.where(data.tier[weak] == 3, 0.8, 0.15), self.settings.weak_weight
        easy = np.isin(data.task, EXAM_LIKE)
        target[easy], weights[easy] = 0.05, self.settings.easy_weight
        return target, weights

    def _fit_everyday(self, data: Data, fit: np.ndarray) -> None:
        target, weights = self.everyday_target(data)
        use = fit & (weights > 0)
        x = np.hstack([self.z * FEATURE_SCALE, self.vectors])
        slope, bias = ridge(x[use], target[use], weights[use], self.settings.complexity_penalty)
        head = self._split(slope, bias, FEATURE_SCALE, 1)
        raw = head(self.z, self.vectors)[use]
        mean = np.average(raw, weights=weights[use])
        spread = np.sqrt(np.average((raw - mean) ** 2, weights=weights[use]))
        self.everyday = head.scaled(1 / spread, -mean / spread).rounded()

    def _fit_gate(self, data: Data, fit: np.ndarray) -> None:
        # Questions of fact and small programs are everyday work, wherever they come from.
        exam = data.measured & ~np.isin(data.family, NOT_EXAMS)
        weights = np.where(exam & (np.arange(data.count) % 3 == 0), equal_units(data.unit, fit & exam, 0.5), 0)
        everyday = np.isin(data.set, ("gateway", "exemplars", "weak_tier"))
        weights = np.where(everyday, 3.0, weights)
        use = fit & (weights > 0)
        x = np.hstack([self.z * FEATURE_SCALE, self.vectors])
        slope, bias = logistic(x[use], exam[use].astype(float), weights[use], self.settings.gate_penalty)
        self.gate = self._split(slope, bias, FEATURE_SCALE, 1).rounded()

    def _fit_tasks(self, data: Data, fit: np.ndarray) -> None:
        """One head a task: which is highest counts."""
        label = np.array([
            row["task"] if row["set"] == "exemplars" else MEASURED_TASKS.get(row.get("task"), "")
            for row in data.rows
        ])
        weights = np.where(data.set == "exemplars", data.weight, np.where(label != "", 0.02, 0))
        use = fit & (weights > 0)
        x = np.hstack([self.z * FEATURE_SCALE, self.vectors])[use]
        targets = (label[use][:, None] == np.array(TASKS)).astype(float)
        slopes, biases = ridge(x, targets, weights[use], self.settings.task_penalty)
        self.tasks = [
            self._split(slopes[:, at], float(biases[at]), FEATURE_SCALE, 1).rounded() for at in range(len(TASKS))
        ]

    # Scores

    def parts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The exam head, the everyday head, and how much a prompt is like an exam's."""
        gate = 1 / (1 + np.exp(-np.clip(self.gate(self.z, self.vectors), -30, 30)))
        return self.exam(self.z, self.vectors), self.everyday(self.z, self.vectors), gate

    def raw(self) -> np.ndarray:
        exam, everyday, gate = self.parts()
        return gate * exam + (1 - gate) * everyday

    def task_of(self, values: np.ndarray) -> np.ndarray:
        """The highest task head; without the embedding only tasks of which there is some sign."""
        scores = np.array([head(self.z, self.vectors) for head in self.tasks])
        if not self.with_meaning:
            for task, signs in TASK_SIGNS.items():
                unseen = (values[:, [FEATURE_NAMES.index(sign) for sign in signs]] == 0).all(1)
                scores[TASKS.index(task), unseen] = -np.inf
        return np.array(TASKS)[scores.argmax(0)]


def knots(raw: np.ndarray, data: Data, fit: np.ndarray) -> np.ndarray:
    """The raw scores of the percentiles 0.5, 1, 2 … 99, 99.5 among everyday and measured prompts, half and half."""
    weights = np.zeros(data.count)
    hand = fit & np.isin(data.set, ("gateway", "exemplars"))
    measured = fit & data.measured
    weights[hand] = 0.5 / hand.sum()
    units = equal_units(data.unit, measured, 1.0)
    weights[measured] = 0.5 * units[measured] / units[measured].sum()
    use = np.nonzero(weights)[0]
    order = use[np.argsort(raw[use])]
    share = np.cumsum(weights[order]) - weights[order] / 2
    found = four_digits(np.interp(percentiles() / 100, share, raw[order]))
    for at in range(1, len(found)):
        found[at] = max(found[at], float(f"{found[at - 1] + 2e-4:.6g}"))
    return found


def percentiles() -> np.ndarray:
    return np.r_[0.5, np.arange(1, 100), 99.5]


def score(raw: np.ndarray, table: np.ndarray) -> np.ndarray:
    """0 to 100: linear between the knots; beyond them ever closer to the end, so that no two prompts tie."""
    levels = percentiles()
    out = np.interp(raw, table, levels)
    spread = table[-1] - table[0]
    out = np.where(raw < table[0], levels[0] / (1 + 8 * (table[0] - raw) / spread), out)
    return np.where(raw > table[-1], 100 - (100 - levels[-1]) / (1 + 8 * (raw - table[-1]) / spread), out)


# Calibration

def thresholds(scores: np.ndarray, tier: np.ndarray, target: float) -> tuple[float, float]:
    """The cheapest bounds of the fast and the balanced tier at which all prompts together keep the quality promised.

    What a request loses when a lower tier than its own answers it is `QUALITY_BELOW`; that a lower tier will not do may
    only rise with the score. `PRIOR_COUNT` prompts that lose `PRIOR_LOSS` are mixed in, so that few labels cannot promise
    much.
    """
    order = np.argsort(scores)
    sorted_scores, sorted_tier = scores[order], tier[order]
    lost = [
        np.r_[0, np.cumsum(isotonic(1 - np.array(QUALITY_BELOW)[np.maximum(sorted_tier - served, 0)], np.ones(len(order))))]
        for served in (1, 2)
    ]
    count = len(order)
    places = np.unique(np.linspace(0, count, 241).round().astype(int))
    fast, balanced = np.meshgrid(places, places, indexing="ij")
    loss = lost[0][fast] + lost[1][balanced] - lost[1][fast]
    kept = 1 - (loss + PRIOR_COUNT * PRIOR_LOSS) / (count + PRIOR_COUNT)
    cost = fast * PRICES[0] + (balanced - fast) * PRICES[1] + (count - balanced) * PRICES[2]
    cost = np.where((fast <= balanced) & (kept >= target), cost, np.inf)
    at = np.unravel_index(cost.argmin(), cost.shape)
    if not np.isfinite(cost[at]):
        return 0.0, 0.0
    edges = np.r_[0.0, (sorted_scores[1:] + sorted_scores[:-1]) / 2, 100.0]
    return float(edges[fast[at]]), float(edges[balanced[at]])


def tiers(scores: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    return np.where(scores <= bounds[0], 1, np.where(scores <= bounds[1], 2, 3))
