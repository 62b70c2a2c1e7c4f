"""Every client with every kind of provider: the matrix. `make conformance` runs this file alone and prints it."""

import json
import os
import sys
from pathlib import Path

import pytest

import conformance_answers
import conformance_cases as cases
from conformance_answers import ERROR_LISTS, FIXTURES, TORN
from dialects import whole_ollama
from processes import REPOSITORY, SHARED, Child, backend, config

OLD_PYTHON = Path(os.environ.get("OLD_SDK_PYTHON", REPOSITORY / ".venv-old-sdk" / "bin" / "python"))
PYTHONS = {"new": Path(sys.executable), "old": OLD_PYTHON}
FULL_NAMES = {path.name[:3]: path.name.split(".")[0] for path in (SHARED / "wire" / "fixtures").glob("[aol]??-*")}
ERROR_COUNTS = {"a18": 14, "o12": 9, "l07": 3}
CLIENTS = [(name, age) for name in cases.CLIENTS for age in PYTHONS]


def models(fake, whole, simulator, llm):
    """A backend for every recorded answer, the simulator, and both faces of the real model."""
    models = [backend("simulated", simulator.url, "claude-haiku-4-5-20251001", provider="simulated")]
    for provider, kinds in FIXTURES.items():
        shorts = {short for kind in kinds.values() for short in kind} | TORN[provider].keys()
        for short in sorted(shorts):
            model, is_whole = FULL_NAMES[short[:3]], short.endswith("-whole")
            url = whole.url if is_whole else fake.url
            models.append(backend(cases.alias(provider, short), url, f"fx-{model}", provider=provider))
        errors = ERROR_LISTS[provider]
        for number in range(ERROR_COUNTS[errors]):
            name = cases.alias(provider, f"{errors}-{number}")
            models.append(backend(name, fake.url, f"fx-{FULL_NAMES[errors]}#{number}", provider=provider))
    if llm:
        for provider, kind in (("openai_compatible", "openai"), ("anthropic", "anthropic")):
            free = {"cost_per_1k_in": 0, "cost_per_1k_out": 0}
            models.append(backend(f"llama.cpp-{kind}", llm.url, "gemma", "local", provider=provider, **free))
    return models


@pytest.fixture(scope="module")
def reason(request):
    """Why the real model takes no part, if so."""
    try:
        request.getfixturevalue("llm")
    except pytest.skip.Exception as skipped:
        return str(skipped)


@pytest.fixture(scope="module")
def results(request, wire_kit, start_shared, reason):
    """By age of the SDKs: what conformance_cases.py printed, or why it could not be run."""
    fake, whole = start_shared.fake(), start_shared.upstream(whole_ollama(wire_kit))
    llm = None if reason else request.getfixturevalue("llm")
    gateway = start_shared.gateway(config(*models(fake, whole, start_shared.simulator("--speed", "0"), llm)))
    script = str(Path(cases.__file__))
    children = {
        age: start_shared.adopt(Child(f"{age} SDKs", [str(python), script, gateway.url, *(["llm"] if llm else [])]))
        for age, python in PYTHONS.items()
        if os.access(python, os.X_OK)
    }
    results = {age: f"the old SDKs' Python is not at {path}; run make setup-tests" for age, path in PYTHONS.items()}
    for age, child in children.items():
        assert child.wait(300) == 0, child.stderr
        results[age] = json.loads(child.stdout)
    return results


@pytest.mark.parametrize("kind", cases.KINDS)
@pytest.mark.parametrize("provider", cases.PROVIDERS)
@pytest.mark.parametrize(("client", "age"), CLIENTS)
def test_cell(results, reason, record_property, client, age, provider, kind):
    ran = results[age]
    version = "old" if isinstance(ran, str) else ran["versions"][client]
    record_property("cell", (f"{client} {version}", provider, kind))
    if isinstance(ran, str):
        pytest.skip(ran)
    if cases.is_real(provider) and reason:
        pytest.skip(reason)
    (failure,) = (problem for *cell, problem in ran["cells"] if cell == [client, provider, kind])
    assert failure is None, failure


def test_versions(results):
    """The matrix has two majors of each SDK."""
    if isinstance(results["old"], str):
        pytest.skip(results["old"])
    for name in cases.CLIENTS:
        new, old = (int(results[age]["versions"][name].split(".")[0]) for age in PYTHONS)
        assert new > old, name


@pytest.mark.parametrize("short", [short for short in conformance_answers.ANSWERS])
def test_expectations_are_those_of_the_wire_kit(wire_kit, short):
    """What was written down here by hand does not contradict what the kit says of its recordings."""
    index = json.loads((wire_kit / "fixtures" / "INDEX.json").read_text())
    expected = next(entry["expect"] for entry in index if entry["id"] == FULL_NAMES[short])
    answer = conformance_answers.ANSWERS[short]
    finish = answer.finish or cases.FINISH[answer.stop]
    total = None if answer.input is None else answer.input + answer.cache_read + answer.cache_write
    ours = {
        "text": answer.text,
        "refusal": answer.text,
        "stop_reason": answer.stop,
        "finish_reason": finish,
        "thinking": answer.thinking,
        "reasoning": answer.thinking,
        "tools": len(answer.tools),
        "stop_sequence": answer.stop_sequence,
        "in": answer.input,
        "out": answer.output,
        "cache_read": answer.cache_read,
        "cache_write": answer.cache_write,
        "openai_prompt_tokens": total,
        "done_reason": "stop",
    }
    assert {name: ours[name] for name in expected} == expected
