"""Writes the fixtures of the embedding's tests: texts with the reference's tokens, and the reference's embeddings.

    python -m venv /tmp/reference && /tmp/reference/bin/pip install -r tools/embedding/requirements.txt
    /tmp/reference/bin/python tools/embedding/fixtures.py MODEL_DIRECTORY Tests/GatewayIOTests/Fixtures

MODEL_DIRECTORY is an unpacked all-MiniLM-L6-v2 with tokenizer.json and config.json. Written are `wordpiece.jsonl`, a line
with each text and all its tokens (without [CLS] and [SEP]), and `embeddings.f16`, for each of the first
EMBEDDED lines 384 half-precision numbers: the embedding of its first 256 tokens by PyTorch in single precision.

All texts are made here, from a seed.
"""

import json
import random
import sys
import unicodedata
from pathlib import Path

import numpy
import torch
from tokenizers import Tokenizer
from transformers import AutoModel

EMBEDDED = 1_024
MAXIMUM_TOKENS = 256

THINGS = """parser|login page|database index|shopping cart|bicycle chain|tax form|rice cooker|violin solo|weather balloon|
message queue|garden fence|birthday poem|train timetable|binary tree|sourdough starter|rental contract|moon phase|
regular expression|unit test|coffee grinder|chess opening|backup script|water filter|memory leak|road map""".replace(
    "\n", "").split("|")
DEEDS = "explain fix describe translate summarise compare rename draw repair refactor test measure shorten plan".split()
WAYS = """in two sentences|for a child|without jargon|step by step|as a table|in French|with an example|in Python|
before Friday|and say why|using only the standard library|like a pirate|with exactly 12 words|at 37.5 degrees""".replace(
    "\n", "").split("|")
PATTERNS = [
    "{deed} the {thing}", "How do I {deed} a {thing}?", "Please {deed} this {thing} {way}.", "What is a {thing}?",
    "why does my {thing} cost ${number}.99 {way}", "{thing} vs. {other}: which lasts {number} years?",
    "Don't {deed} the {thing}; {deed} the {other} instead!", "def {snake}(x): return x * {number}  # {thing}",
    "SELECT * FROM {snake} WHERE id = {number};", "https://example.com/{snake}?q={number}#top", "{number} + {number} = ?",
    "Is the {thing} older than the {other}, or is it just {number}% heavier?", "TODO({snake}): {deed} {thing} ASAP!!",
    "{thing}", "error: cannot {deed} '{snake}' (os error {number})", "[{number}] \"{thing}\" -> <{snake}/>",
    "Write a {thing} about a {other} {way}, then {deed} it {way}.", "thanks, now the {thing} please",
]
EDGES = [
    "", " ", "\t\r\n", "a", "A", "\x00", "a\x00b\x1bc\x7fd", "caf\u00e9 na\u00efve Z\u00fcrich \u0141\u00f3d\u017a",
    "STRASSE stra\u00dfe \u1e9e", "\u0130\u0131 Ii", "\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3 \u03c2\u03c3",
    "e\u0301" * 50, "e\u0301" * 51, "w" * 100, "w" * 101, "\u00e9" * 100, "\u00e9" * 101, "\uac01" * 33, "\uac01" * 34,
    "\u6771\u4eac\u30bf\u30ef\u30fc 333\u30e1\u30fc\u30c8\u30eb", "\uf900\ufa0e\U0002f800", "\ud55c\uad6d\uc5b4\ub97c",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0643", "\u05e9\u05b8\u05dc\u05d5\u05b9\u05dd", "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "\U0001f469\u200d\U0001f4bb \U0001f44d\U0001f3fd \U0001f1eb\U0001f1f7",
    "a\u0085b\u00a0c\u2028d\u3000e\u200bf\ufeffg\u00adh", "\ufffd x\ufffdy", "\ue000 \U0010ffff", "\u037e;\u00b7\u0387",
    "[MASK] [mask] [ MASK ]", "a[SEP]b[CLS]c", "[[UNK]]", "[PAD", "PAD]", "[SEP][SEP]", "can't we've I'll o'clock",
    "\u201cquoted\u201d \u2018so\u2019 \u2026 \u2014 \u2013", "1,234.56 \u20ac5 \u00a37 \u00bd \u00b2 \u2460 \u2163 \u2103",
    "\ufb01ne \ufb02ow \uff21\uff22\uff43 \uff01", "C++ C# .NET x86_64 v2.0.1-rc.3", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "\u0344\u0340 q\u0307\u0323", "\u212b \u2126 \u212a", "\u1e69 \u1e9b\u0323 \u01d5", "\U00010400\U0001e900 \u13a0\uab70",
    "##ing un##able ##", "\u166d \u1734 \u1885 \ua9bd \U000111c9 \U0001171e", "a" * 3000, "tokeniser " * 300,
]
# Alphabets and symbols from which random characters are drawn.
RANGES = [
    (0x20, 0x7E), (0xA0, 0x24F), (0x250, 0x36F), (0x370, 0x5FF), (0x600, 0x8FF), (0x900, 0xDFF), (0xE00, 0x11FF),
    (0x1200, 0x1FFF), (0x2000, 0x2BFF), (0x2C00, 0x33FF), (0x3400, 0x9FFF), (0xA000, 0xD7FF), (0xE000, 0xFFFF),
    (0x10000, 0x12FFF), (0x13000, 0x1CFFF), (0x1D000, 0x1FFFF), (0x20000, 0x323AF), (0xE0000, 0xE01FF), (0, 0x1F),
]


class Maker:
    def __init__(self, vocabulary):
        self.random = random.Random(20_261_121)
        self.pieces = [piece.removeprefix("##") for piece in vocabulary]
        self.words = [piece for piece in vocabulary if piece.isalpha()]

    def sentence(self):
        pick = self.random.choice
        return pick(PATTERNS).format(
            deed=pick(DEEDS), thing=pick(THINGS), other=pick(THINGS), way=pick(WAYS),
            snake="_".join(pick(THINGS).split()), number=self.random.choice([7, 42, 365, 1_000, 86_400]),
        )

    def salad(self, words):
        changes = [str.upper, str.title, str.lower, lambda word: unicodedata.normalize("NFD", word)]
        return " ".join(self.random.choice(changes)(self.random.choice(self.words)) for _ in range(words))

    def jumble(self, length):
        text = ""
        for _ in range(length):
            kind = self.random.random()
            if kind < 0.3:
                text += self.random.choice(self.pieces)
            elif kind < 0.45:
                text += self.random.choice(" \n,.-")
            else:
                code = self.random.randint(*self.random.choice(RANGES))
                text += "" if 0xD800 <= code <= 0xDFFF else chr(code)
            if self.random.random() < 0.3:
                text += " "
        return text

    def embedded(self):
        """Mostly short, as debug builds embed some of them slowly."""
        for at in range(EMBEDDED):
            if at % 64 == 63:
                yield " ".join(self.sentence() for _ in range(self.random.randint(8, 40)))
            elif at % 8 == 7:
                yield self.jumble(self.random.randint(1, 16))
            elif at % 8 == 6:
                yield self.salad(self.random.randint(1, 10))
            else:
                yield self.sentence()

    def others(self):
        yield from EDGES
        for _ in range(1_000):
            yield self.salad(self.random.randint(1, 8))
        for _ in range(2_200):
            yield self.jumble(self.random.randint(1, 16))


def embed(model, tokens):
    tokens = torch.tensor([[101] + tokens[: MAXIMUM_TOKENS - 2] + [102]])
    with torch.inference_mode():
        rows = model(tokens, torch.ones_like(tokens)).last_hidden_state[0]
    return torch.nn.functional.normalize(rows.mean(0), dim=0).numpy().astype("<f2")


def main():
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    maker = Maker((source / "vocab.txt").read_text().splitlines())
    texts = list(maker.embedded()) + list(maker.others())
    tokens = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    with open(target / "wordpiece.jsonl", "w", encoding="utf-8") as out:
        for text, ids in zip(texts, tokens):
            line = {"text": text, "tokens": ids}
            out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    model = AutoModel.from_pretrained(source).eval()
    rows = [embed(model, ids) for ids in tokens[:EMBEDDED]]
    numpy.stack(rows).tofile(target / "embeddings.f16")
    print(f"{len(texts)} texts, {sum(map(len, tokens))} tokens; {len(rows)} embeddings of "
          f"{sum(min(len(ids) + 2, MAXIMUM_TOKENS) for ids in tokens[:EMBEDDED])} tokens")


main()
