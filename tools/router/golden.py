"""Prompts of our own with the numbers that the trainer works out for them; a Swift test works them out again."""

import base64

import numpy as np

from features import table
from heads import Variant, score
from learning import Data, Scale, read

SEED_PROMPTS = [
    "What is 2+2?",
    "What is the capital of France?",
    "Write a Python function to reverse a string",
    "Write a haiku about the ocean",
    "Analyze pros and cons of microservices vs monolith in detail",
    "Solve the integral of x^2 * e^x dx step by step",
    "Explain quantum entanglement to a 5-year-old",
]
_LOG = "\n".join(f"2031-05-0{n} 11:0{n}:00 WARN retry={n} queue=\"billing\" took {n * 37}ms" for n in range(1, 9))
_LONG = (
    "Our team keeps a small service that prints parcel labels.\n\n" + "It reads orders, groups them by depot and sends them"
    " to a printer. " * 9 + "\n\n```python\ndef depot(order):\n    return order['zip'][:2]\n```\n\n"
    "Please find out why orders without a zip code stop the whole batch, and fix it."
)
PROMPTS = [{"prompt": prompt} for prompt in SEED_PROMPTS] + [
    {"prompt": prompt}
    for prompt in (
        "", "   \n\t ", "hi!", "Thanks, that's perfect", "?", "```", "É possível traduzir isto?", "把这句话翻译成英文：你好",
        "Докажи, что корень из двух иррационален.", "zzz " * 400, "a'b'c 'd' it's Don't",
        "A) oxygen\nB) iron\n(C) lead\n D: tin\nWhich of them is a gas?",
        "1. Wash the rice.\n2) Boil it.\n- Salt\n* Pepper\n+ Butter\n\nPut this into one sentence.",
        "Compute 12 * (3 + 4)^2 - 5/6 = ? and 1,024.5 + 2", "He said \"go home\" and \"stay\n here\"; what's odd?",
        "\\frac{a}{b} + $x_1$ \\cdot \\sqrt{2}", "<system-reminder>Be kind.\n<file>x</file></system-reminder>\nRename foo to bar",
        "<file>never closed\nFix the typo", "<environment_details a=\"<b>\">x</environment_details>Add a test",
        "<user_query>Prove that the sum of two odd numbers is even.</user_query>",
        "<context>only this</context>", _LONG, _LOG + "\n\nHow many retries took more than 100ms?", _LOG * 40,
        "x" * 700, "Wie spät ist es? " * 60 + "\n\n" + "ä" * 450 + " bitte?", "<FILE>A</file> b <File\n>c</FILE  > d",
        "Design a consensus protocol that keeps its promises when a third of the nodes lie, and prove it safe.",
        "then add a flag, test it and write docs; also remove the old one", "Is it?", "Why?", "How do you say 'bread' in Dutch?",
    )
] + [
    {"prompt": "continue", "turns": 7, "system": "You are terse." * 90, "tools": 3},
    {"prompt": "what's the weather in Oslo?", "tools": [{"name": "weather"}]},
    {"prompt": "now do the same for the other file", "turns": 3},
]


def vectors(scale: Scale, fitted: dict, model: str, cache: str) -> list[dict]:
    data = read([{**row, "set": "golden", "task": ""} for row in PROMPTS], model, cache)
    # Bytes are enough for a test, and make the test's numbers exact.
    small = np.clip(np.round(data.vectors * 127 / np.abs(data.vectors).max(1, keepdims=True)), -127, 127)
    data = Data(data.rows, data.asks, data.values, (small / np.linalg.norm(small, axis=1, keepdims=True)).astype(np.float32))
    out = []
    for at, (row, ask) in enumerate(zip(PROMPTS, data.asks)):
        out.append({
            "prompt": row["prompt"], "turns": ask.turns, "system": ask.system, "tools": ask.tools,
            "ask": ask.text.decode("utf-8", "replace"),
            "features": [float(f"{value:.12g}") for value in table(ask).values()],
            "embedding": base64.b64encode(small[at].astype(np.int8).tobytes()).decode(),
        })
    for name, (variant, knots) in fitted.items():
        applied = applied_to(variant, data, scale)
        exam, everyday, gate = applied.parts()
        scores = score(applied.raw(), knots)
        tasks = applied.task_of(data.values)
        for at, row in enumerate(out):
            row[name] = {
                "score": round(float(scores[at]), 6), "gain": round(float(applied.gain(applied.z, applied.vectors)[at]), 6),
                "complexity": round(float(score(everyday, knots)[at]), 6), "gate": round(float(gate[at]), 6),
                "task": str(tasks[at]),
            }
    return out


def applied_to(variant: Variant, data: Data, scale: Scale) -> Variant:
    """The same heads over other prompts."""
    other = object.__new__(Variant)
    other.__dict__.update(variant.__dict__)
    other.z = scale(data.values)
    other.vectors = data.vectors if variant.with_meaning else np.zeros((data.count, 0))
    return other
