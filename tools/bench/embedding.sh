#!/usr/bin/env bash
# Compares the embedding engine with the reference's embeddings, and its speed with onnxruntime's in the same run: one
# thread, sequences of 8, 32, 128 and 256 tokens. Fails where a bar is missed. `make bench-embedding`
#
# The weights are those that make setup fetches; EMBEDDING_PATH may name another directory. SECONDS_EACH is how long each
# length is measured (default 3).
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=.venv-bench requirements=tools/bench/embedding-requirements.txt
if ! cmp -s "$requirements" "$venv/.complete"; then
    echo "making $venv from $requirements"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$venv/.complete"
fi
bench=${EMBEDDING_BENCH:-.build/release/embedding-bench}
[[ -x $bench ]] || { echo "there is no $bench; type: make bench-embedding" >&2; exit 1; }

"$bench" check Tests/GatewayIOTests/Fixtures
"$bench" text
exec "$venv/bin/python" tools/bench/embedding.py "$bench" "${SECONDS_EACH:-3}"
