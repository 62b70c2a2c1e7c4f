"""Measures onnxruntime and the embedding engine in turn, and prints their ratio beside its bar.

Called by tools/bench/embedding.sh. onnxruntime gets its best case: a graph of its own fused operators (attention, bias
with GELU, skip with normalisation) over the same weights in single precision, on one thread.
"""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

LENGTHS = [8, 32, 128, 256]
# The greatest ratio of our time to onnxruntime's, for each length; the portable path has none.
BARS = {
    "AVX-512-BF16": [0.25, 0.40, 0.55, 0.60],
    "AVX-512": [0.50, 0.80, 1.00, 1.05],
    "AVX2": [1.0, 1.6, 2.0, 2.0],
}
LAYERS, HEADS = 6, 12
FUSED = "com.microsoft"


def model_file():
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local/share")
    usual = [f"{base}/llm-gateway/models/all-MiniLM-L6-v2" for base in (data, "/usr/local/share", "/usr/share")]
    for directory in [os.environ.get("EMBEDDING_PATH")] + usual:
        if directory and (file := Path(directory) / "model.safetensors").exists():
            return file
    sys.exit("the model is not installed; type: make setup")


def tensors(file):
    data = file.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    for name, entry in header.items():
        if entry.get("dtype") == "F32":
            first, end = entry["data_offsets"]
            yield name, numpy.frombuffer(data[start + first : start + end], "<f4").reshape(entry["shape"])


def graph(weights):
    nodes, constants = [], {}

    def constant(name, value):
        constants[name] = numpy_helper.from_array(numpy.ascontiguousarray(value), name)
        return name

    def node(operator, inputs, output, domain="", **attributes):
        nodes.append(helper.make_node(operator, inputs, [output], domain=domain, **attributes))
        return output

    def norm(name):
        return [constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")]

    def dense(name, value, output):
        weight = constant(f"{name}.weight", weights[f"{name}.weight"].T)
        return node("MatMul", [value, weight], output), constant(f"{name}.bias", weights[f"{name}.bias"])

    embeddings = "embeddings."
    words = constant("words", weights[embeddings + "word_embeddings.weight"])
    places = weights[embeddings + "position_embeddings.weight"] + weights[embeddings + "token_type_embeddings.weight"][0]
    node("Gather", [words, "tokens"], "word_rows")
    node("Gather", [constant("places", places), "positions"], "place_rows")
    node("Add", ["word_rows", "place_rows"], "summed")
    stream = node("LayerNormalization", ["summed", *norm(embeddings + "LayerNorm")], "stream", epsilon=1e-12)
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}."
        parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
        weight = constant(name + "qkv", numpy.concatenate([weights[part + ".weight"].T for part in parts], 1))
        bias = constant(name + "qkv_bias", numpy.concatenate([weights[part + ".bias"] for part in parts]))
        mixed = node("Attention", [stream, weight, bias], name + "mixed", FUSED, num_heads=HEADS)
        out, bias = dense(name + "attention.output.dense", mixed, name + "out")
        stream = node(
            "SkipLayerNormalization", [out, stream, *norm(name + "attention.output.LayerNorm"), bias],
            name + "middle", FUSED, epsilon=1e-12,
        )
        up, bias = dense(name + "intermediate.dense", stream, name + "up")
        hidden = node("BiasGelu", [up, bias], name + "hidden", FUSED)
        down, bias = dense(name + "output.dense", hidden, name + "down")
        stream = node(
            "SkipLayerNormalization", [down, stream, *norm(name + "output.LayerNorm"), bias],
            name + "stream", FUSED, epsilon=1e-12,
        )
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "n"]) for name in ("tokens", "positions")]
    output = helper.make_tensor_value_info(stream, TensorProto.FLOAT, [1, "n", 384])
    return helper.make_model(
        helper.make_graph(nodes, "MiniLM", inputs, [output], list(constants.values())),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)], ir_version=8,
    )


class OnnxRuntime:
    def __init__(self, file):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        model = graph(dict(tensors(file)))
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])

    def embed(self, tokens):
        tokens = numpy.array([tokens], dtype=numpy.int64)
        positions = numpy.arange(tokens.shape[1], dtype=numpy.int64)[None]
        mean = self.session.run(None, {"tokens": tokens, "positions": positions})[0][0].mean(0)
        return mean / numpy.linalg.norm(mean)

    def check(self):
        """That what is measured is the model: against the reference's embeddings of the tests."""
        fixtures = Path("Tests/GatewayIOTests/Fixtures")
        expected = numpy.fromfile(fixtures / "embeddings.f16", "<f2").reshape(-1, 384).astype("f4")
        lines = (fixtures / "wordpiece.jsonl").read_text(encoding="utf-8").split("\n")
        for line, vector in list(zip(lines, expected))[:64]:
            found = self.embed([101, *json.loads(line)["tokens"][:254], 102])
            assert float(found @ vector) > 0.9999, "onnxruntime computes something else"

    def median(self, length, seconds):
        tokens = [101, *(1_000 + at * 7_919 % 29_000 for at in range(length - 2)), 102]
        times, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end or len(times) < 16:
            start = time.perf_counter()
            self.embed(tokens)
            times.append(time.perf_counter() - start)
        return sorted(times)[len(times) // 2] * 1e3


def ours(bench, length, seconds):
    """Milliseconds of each path."""
    lines = subprocess.run([bench, "speed", str(seconds), str(length)], check=True, capture_output=True, text=True)
    return {words[1]: float(words[5]) for words in map(str.split, lines.stdout.splitlines())}


def main():
    bench, seconds = sys.argv[1], int(sys.argv[2])
    reference = OnnxRuntime(model_file())
    reference.check()
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, onnxruntime {onnxruntime.__version__}, one thread, medians")
    print(f"{'tokens':>6} {'onnxruntime':>12}   path           milliseconds  ratio   bar")
    missed = False
    for at, length in enumerate(LENGTHS):
        before = reference.median(length, seconds)
        times = ours(bench, length, seconds)
        # Measured on both sides of ours: other work on the machine then weighs on both.
        theirs = (before + reference.median(length, seconds)) / 2
        for path, milliseconds in times.items():
            bar = BARS.get(path, [None] * len(LENGTHS))[at]
            ratio = milliseconds / theirs
            missed |= bar is not None and ratio > bar
            print(f"{length:>6} {theirs:>9.2f} ms   {path:<14} {milliseconds:>9.2f} ms {ratio:>6.2f} "
                  f"{'' if bar is None else f'{bar:>5.2f}'}{'  missed' if bar is not None and ratio > bar else ''}")
    sys.exit(1 if missed else 0)


main()
