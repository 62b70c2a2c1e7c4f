#!/usr/bin/env bash
# Installs the real local LLM that test_local_llm.py talks to (about 270 MB, once) and prints the Python to run it with.
# Usage: local_llm.sh KIT, where KIT is the directory that has serve.py and requirements.txt.
set -euo pipefail
kit=$(cd "$1" && pwd)
# Outside of the checkout, so that a new clone finds what an old one has fetched.
directory=${XDG_CACHE_HOME:-$HOME/.cache}/llm-gateway-tests/local-llm
mkdir -p "$(dirname "$directory")"
exec 9<"$kit/requirements.txt"
flock 9
if ! { [[ -x $directory/bin/python ]] && cmp -s "$kit/requirements.txt" "$directory/.complete"; }; then
    rm -rf "$directory"
    python3 -m venv "$directory" >&2
    "$directory/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$kit/requirements.txt" >&2
    cp "$kit/requirements.txt" "$directory/.complete"
fi
echo "$directory/bin/python"
