"""Sentence embeddings of all-MiniLM-L6-v2 with nothing but numpy: for training, where seconds do not count."""

import hashlib
import json
import pathlib
import struct
import unicodedata

import numpy as np

MAXIMUM_TOKENS = 128
HEADS = 12
EPSILON = 1e-12


def _is_cjk(code: int) -> bool:
    return any(
        low <= code <= high
        for low, high in (
            (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
            (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
        )
    )


def _is_punctuation(character: str) -> bool:
    code = ord(character)
    ascii_mark = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return ascii_mark or unicodedata.category(character).startswith("P")


class MiniLM:
    """Reads `model.safetensors` and `vocab.txt` from a folder."""

    def __init__(self, folder: str):
        path = pathlib.Path(folder)
        data = (path / "model.safetensors").read_bytes()
        self.sha256 = hashlib.sha256(data).hexdigest()
        size = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8:8 + size])
        self._tensors = {}
        for name, entry in header.items():
            if name == "__metadata__" or entry["dtype"] != "F32":
                continue
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[8 + size + begin:8 + size + end], np.float32)
            self._tensors[name.removeprefix("bert.")] = values.reshape(entry["shape"])
        self._vocabulary = {
            token: number for number, token in enumerate((path / "vocab.txt").read_text("utf-8").split("\n"))
        }

    # Tokens

    def _words(self, text: str):
        cleaned = []
        for character in text:
            code = ord(character)
            category = unicodedata.category(character)
            if code in (0, 0xFFFD) or (category in ("Cc", "Cf", "Co", "Cs") and character not in "\t\n\r"):
                continue
            if category == "Zs" or character in "\t\n\r":
                cleaned.append(" ")
            elif _is_cjk(code):
                cleaned.append(f" {character} ")
            else:
                cleaned.append(character)
        plain = "".join(
            c for c in unicodedata.normalize("NFD", "".join(cleaned).lower()) if unicodedata.category(c) != "Mn"
        )
        for chunk in plain.split():
            word = ""
            for character in chunk:
                if _is_punctuation(character):
                    if word:
                        yield word
                    yield character
                    word = ""
                else:
                    word += character
            if word:
                yield word

    def tokens(self, text: str) -> list[int]:
        vocabulary = self._vocabulary
        out = [vocabulary["[CLS]"]]
        for word in self._words(text):
            if len(out) >= MAXIMUM_TOKENS:
                break
            pieces = []
            start = 0
            while start < len(word) and len(word) <= 100:
                end = len(word)
                while end > start and (word[start:end] if start == 0 else "##" + word[start:end]) not in vocabulary:
                    end -= 1
                if end == start:
                    break
                pieces.append(vocabulary[word[start:end] if start == 0 else "##" + word[start:end]])
                start = end
            out += pieces if start == len(word) else [vocabulary["[UNK]"]]
        return out[:MAXIMUM_TOKENS - 1] + [vocabulary["[SEP]"]]

    # Forward

    def _linear(self, x, name):
        return x @ self._tensors[name + ".weight"].T + self._tensors[name + ".bias"]

    def _norm(self, x, name):
        centred = x - x.mean(-1, keepdims=True)
        scale = np.sqrt((centred * centred).mean(-1, keepdims=True) + EPSILON)
        return centred / scale * self._tensors[name + ".weight"] + self._tensors[name + ".bias"]

    def _forward(self, tokens: np.ndarray, mask: np.ndarray) -> np.ndarray:
        count, length = tokens.shape
        tensors = self._tensors
        x = (
            tensors["embeddings.word_embeddings.weight"][tokens]
            + tensors["embeddings.position_embeddings.weight"][:length]
            + tensors["embeddings.token_type_embeddings.weight"][0]
        )
        x = self._norm(x, "embeddings.LayerNorm")
        hidden = x.shape[-1]
        bias = np.where(mask, 0, -1e9).astype(np.float32)[:, None, None, :]
        for layer in range(6):
            name = f"encoder.layer.{layer}."
            query, key, value = (
                self._linear(x, f"{name}attention.self.{part}").reshape(count, length, HEADS, -1).transpose(0, 2, 1, 3)
                for part in ("query", "key", "value")
            )
            scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(hidden / HEADS)) + bias
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(count, length, hidden)
            x = self._norm(self._linear(mixed, f"{name}attention.output.dense") + x, f"{name}attention.output.LayerNorm")
            inner = self._linear(x, f"{name}intermediate.dense")
            inner = inner * (0.5 * (1 + _erf(inner / np.float32(np.sqrt(2)))))
            x = self._norm(self._linear(inner, f"{name}output.dense") + x, f"{name}output.LayerNorm")
        weights = mask[:, :, None].astype(np.float32)
        mean = (x * weights).sum(1) / weights.sum(1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def embed(self, texts: list[str]) -> np.ndarray:
        tokens = [self.tokens(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda i: len(tokens[i]))
        out = np.zeros((len(texts), 384), np.float32)
        for begin in range(0, len(order), 32):
            batch = order[begin:begin + 32]
            length = max(len(tokens[i]) for i in batch)
            padded = np.zeros((len(batch), length), np.int64)
            mask = np.zeros((len(batch), length), bool)
            for row, i in enumerate(batch):
                padded[row, :len(tokens[i])] = tokens[i]
                mask[row, :len(tokens[i])] = True
            out[batch] = self._forward(padded, mask)
        return out


def _erf(x: np.ndarray) -> np.ndarray:
    """Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: within 1.5e-7."""
    t = 1 / (1 + np.float32(0.3275911) * np.abs(x))
    series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    return (np.sign(x) * (1 - series * np.exp(-x * x))).astype(np.float32)


def cached(texts: list[str], folder: str, cache: str) -> np.ndarray:
    """Embeddings of texts; those that the cache file lacks are computed and added to it."""
    path = pathlib.Path(cache)
    known: dict[str, np.ndarray] = {}
    if path.exists():
        stored = np.load(path)
        known = dict(zip(stored["keys"].tolist(), stored["vectors"]))
    keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32] for text in texts]
    missing = {key: text for key, text in zip(keys, texts) if key not in known}
    if missing:
        vectors = MiniLM(folder).embed(list(missing.values()))
        known.update(zip(missing, vectors))
        np.savez(path, keys=np.array(list(known)), vectors=np.array(list(known.values()), np.float32))
    return np.array([known[key] for key in keys], np.float32)
