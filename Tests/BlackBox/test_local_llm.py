"""A real model on this machine as a backend: real text, real figures. Its wording means nothing and is not looked at."""

import json

import anthropic
import openai
import pytest

import wire
from processes import backend, config, wait_until


@pytest.fixture(scope="module")
def gateway(llm, start_shared):
    free = {"cost_per_1k_in": 0, "cost_per_1k_out": 0}
    home = backend("home", llm.url, "gemma", "local", **free)
    face = backend("face", llm.url, "gemma", "local", provider="openai_compatible", **free)
    del home["api_key"], face["api_key"]
    dear = {"cost_per_1k_in": 0.01, "cost_per_1k_out": 0.1}
    far = backend("far", "http://127.0.0.1:9", "far-model", "premium", **dear)
    return start_shared.gateway(config(home, face, far))


@pytest.fixture(scope="module")
def client(gateway):
    return anthropic.Anthropic(base_url=gateway.url, api_key="any", max_retries=0, timeout=60)


def ask(text, **more):
    return {"model": "home", "max_tokens": 24, "messages": [{"role": "user", "content": text}], **more}


@pytest.fixture(scope="module")
def openai_client(gateway):
    return openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="any", max_retries=0, timeout=60)


def newest(gateway):
    return wire.get_json(gateway.port, "/v1/metrics/recent?n=1")["exchanges"][0]


def test_plain(client, gateway):
    message = client.messages.create(**ask("The sea is"))
    assert message.type == "message" and message.role == "assistant"
    assert message.content[0].type == "text" and isinstance(message.content[0].text, str)
    assert message.stop_reason in ("end_turn", "max_tokens", "stop_sequence")
    assert message.usage.input_tokens > 0 and 1 <= message.usage.output_tokens <= 24
    row = newest(gateway)
    assert row["usage"]["output_tokens"] == message.usage.output_tokens
    assert row["usage"]["input_tokens"] == message.usage.input_tokens
    assert row["usage"]["cache_read_tokens"] == (message.usage.cache_read_input_tokens or 0)
    assert (row["tier"], row["backend"], row["cost_usd"], row["usage_is_estimated"]) == ("local", "home", 0, False)
    assert row["is_simulated"] is False
    # On the premium tier, at $0.00001 and $0.0001 a token, cached input at a tenth of it.
    cached = (message.usage.cache_read_input_tokens or 0) * 0.000001
    paid = message.usage.input_tokens * 0.00001 + message.usage.output_tokens * 0.0001 + cached
    assert row["saved_usd"] == pytest.approx(paid, abs=1e-9)


def test_stream(client, gateway):
    with client.messages.stream(**ask("Once upon a time")) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert "".join(pieces) == final.content[0].text
    assert 1 <= final.usage.output_tokens <= 24
    row = newest(gateway)
    assert row["usage"]["output_tokens"] == final.usage.output_tokens
    assert row["usage"]["input_tokens"] == final.usage.input_tokens
    assert row["status"] == 200 and row["stop_reason"] == final.stop_reason and row["stream"] is True


def test_events_are_those_of_the_model_server(gateway, llm):
    """How many deltas there are is chance; with what a stream begins and ends is not."""
    body = ask("Count: one, two,", stream=True, temperature=0)
    names = []
    for port, model in ((llm.port, "gemma"), (gateway.port, "home")):
        answer = wire.messages(port, body | {"model": model}, seconds=60)
        assert answer.status == 200 and answer.is_complete
        listed = wire.event_names(answer.body)
        names.append((listed[0], listed[1], listed[-1], listed[-2]))
    assert names[0] == names[1]


@pytest.mark.parametrize("model", ["home", "face"])
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])
def test_leaving_stops_the_generation(gateway, llm, path, model):
    """The model's own list of slots says whether it still works."""
    with wire.Connection(gateway.port, seconds=60) as client:
        stop = {"stop_sequences": ["\x00"]} if path == "/v1/messages" else {"stop": ["\x00"]}
        body = json.dumps(ask("A long story:", model=model, max_tokens=3000, stream=True, **stop)).encode()
        client.request("POST", path, body)
        assert client.head().status == 200
        for event in client.events():
            if b"content_block_delta" in event or b'"content":"' in event.replace(b'"content":""', b""):
                break
        assert working(llm)
    wait_until(lambda: not working(llm), "the model stops", 10)
    wait_until(lambda: newest(gateway)["status"] == 499, "the exchange is recorded")
    row = newest(gateway)
    assert row["usage_is_estimated"] is True and 0 < row["usage"]["output_tokens"] < 3000
    assert wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 0


def working(llm):
    """How many of the model's slots are at work."""
    return sum(slot["is_processing"] for slot in wire.get_json(llm.port, "/slots"))


@pytest.mark.parametrize("model", ["home", "face"])
def test_openai_client(openai_client, gateway, model):
    body = {"model": model, "max_tokens": 8, "messages": [{"role": "user", "content": "The sea is"}]}
    answer = openai_client.chat.completions.create(**body)
    assert isinstance(answer.choices[0].message.content, str) and answer.choices[0].finish_reason in ("stop", "length")
    row = newest(gateway)
    total = row["usage"]["input_tokens"] + row["usage"]["cache_read_tokens"]
    assert (total, row["usage"]["output_tokens"]) == (answer.usage.prompt_tokens, answer.usage.completion_tokens)
    assert (row["backend"], row["cost_usd"], row["usage_is_estimated"]) == (model, 0, False)
    usage = {"include_usage": True}
    with openai_client.chat.completions.stream(**body, stream_options=usage) as stream:
        pieces = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.current_completion_snapshot
    assert "".join(pieces) == final.choices[0].message.content and pieces
    row = newest(gateway)
    assert row["usage"]["output_tokens"] == final.usage.completion_tokens <= 8
    assert row["stream"] is True and row["usage_is_estimated"] is False


def test_anthropic_client_on_the_other_face(client, gateway):
    with client.messages.stream(**ask("Once upon a time", model="face", max_tokens=8)) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert "".join(pieces) == final.content[0].text and final.stop_reason in ("end_turn", "max_tokens")
    row = newest(gateway)
    assert row["usage"]["output_tokens"] == final.usage.output_tokens <= 8
    assert row["usage"]["input_tokens"] == final.usage.input_tokens and row["stop_reason"] == final.stop_reason


@pytest.mark.parametrize("model", ["home", "face"])
def test_count_tokens(client, model):
    """By the model itself where its server counts, else an estimate."""
    counts = [
        client.messages.count_tokens(model=model, messages=ask("one two three " * times)["messages"]).input_tokens
        for times in (1, 50)
    ]
    assert 0 < counts[0] < counts[1] and 100 < counts[1] < 400, counts


def test_error_passes_verbatim(gateway, llm):
    body = ask("word " * 6_000)  # the kit's context window is 4,096 tokens
    direct = wire.messages(llm.port, body | {"model": "gemma"}, seconds=60)
    through = wire.messages(gateway.port, body, seconds=60)
    assert direct.status >= 400
    assert (through.status, through.body) == (direct.status, direct.body)
    assert through["content-type"] == direct["content-type"]
    row = newest(gateway)
    assert row["status"] == direct.status and row["error"]


def test_two_at_once(client):
    with client.messages.stream(**ask("First")) as first, client.messages.stream(**ask("Second")) as second:
        assert second.get_final_message().usage.output_tokens > 0
        assert first.get_final_message().usage.output_tokens > 0
