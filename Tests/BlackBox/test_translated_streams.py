"""Translated streams do not depend on how the provider's bytes fall."""

import json
import re

import pytest

import wire
from dialects import ask, send
from processes import backend, config
from test_fixtures import entry

CUTS = ["1", "7"]
STREAMS = {
    "anthropic": ["a08", "a09", "a10", "a11", "a12", "a13", "a14", "a16", "a17"],
    "openai_compatible": ["o06", "o07", "o08", "o09", "o10", "o11", "t-overlapping-tools-src"],
    "ollama": ["l01", "l02", "l06"],
}
CASES = [
    (client, short)
    for client in ("anthropic", "openai")
    for kind, shorts in STREAMS.items()
    for short in shorts
    if not kind.startswith(client)
]


@pytest.fixture(scope="module")
def gateway(wire_kit, start_shared):
    url = start_shared.fake().url
    models = []
    for kind, shorts in STREAMS.items():
        for short in shorts:
            model = "fx-" + entry(short)["id"]
            models.append(backend(short, url, model, provider=kind))
            models += [backend(f"{short}-{cut}", url, f"{model};chunk={cut}", provider=kind) for cut in CUTS]
    return start_shared.gateway(config(*models))


def without_chance(stream):
    """Without the time, and the ids that the gateway gives where the provider gave none."""
    stream = re.sub(rb'"created":\d+', b'"created":0', stream)
    return re.sub(rb"[0-9a-f]{16}", b"ID", stream).replace(b": ping\n\n", b"")


@pytest.mark.parametrize(("client", "short"), CASES)
def test_translation_is_the_same_however_it_is_cut(gateway, client, short):
    more = {"stream_options": {"include_usage": True}} if client == "openai" else {}
    streams = []
    for alias in (short, *(f"{short}-{cut}" for cut in CUTS)):
        answer = send(gateway, client, ask(client, alias, stream=True, **more))
        assert answer.status == 200 and answer.is_complete
        streams.append(without_chance(answer.body))
    joined = [joined_up(client, stream) for stream in streams]
    assert joined[0] == joined[1] == joined[2]
    assert len(joined[0]) > 2


def joined_up(client, stream):
    """The events with neighbouring pieces of one text joined: a piece may come in several."""
    events = []
    for line in wire.data_lines(stream):
        data = line.decode() if line == b"[DONE]" else json.loads(line)
        key, piece = None, ""
        if client == "anthropic" and data["type"] == "content_block_delta":
            ((name, piece),) = [item for item in data["delta"].items() if item[0] != "type"]
            key = (data["index"], name)
        elif client == "openai" and isinstance(data, dict) and data.get("choices"):
            delta = data["choices"][0]["delta"]
            if set(delta) in ({"content"}, {"reasoning_content"}):
                ((key, piece),) = delta.items()
        if key is None or not events or events[-1][0] != key:
            events.append([key, piece if key else data])
        else:
            events[-1][1] += piece
    return events
