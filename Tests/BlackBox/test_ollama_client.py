"""Ollama's own Python client against the wire kit, with nothing of the gateway between: are our recordings what it takes?"""

import ollama
import pytest

ASK = [{"role": "user", "content": "x"}]


@pytest.fixture(scope="module")
def client(wire_kit, start_shared):
    return ollama.Client(host=start_shared.fake().url, trust_env=False)


def test_stream(client):
    parts = list(client.chat(model="fx-l01-chat-stream", messages=ASK, stream=True))
    assert "".join(part.message.content for part in parts) == "One, two"
    assert (parts[-1].done_reason, parts[-1].prompt_eval_count, parts[-1].eval_count) == ("stop", 14, 7)


@pytest.mark.parametrize("cut", ["1", "7"])
def test_stream_cut_anywhere(client, cut):
    parts = list(client.chat(model=f"fx-l02-chat-stream-think-tools;chunk={cut}", messages=ASK, stream=True, think=True))
    assert "".join(part.message.thinking or "" for part in parts) == "Need the tool."
    calls = [call.function for part in parts for call in part.message.tool_calls or []]
    assert [(call.name, dict(call.arguments)) for call in calls] == [
        ("lookup_tide", {"harbour": "Brixham", "hour": 9}),
        ("lookup_tide", {"harbour": "Fowey"}),
    ]


def test_lists_and_single_answers(client):
    assert client.generate(model="fx-l03-generate", prompt="x").response == '{"bird":"gannet"}'
    assert [model.model for model in client.list().models] == ["qwen3:8b"]
    vectors = client.embed(model="fx-l05-embed", input=["a", "b"]).embeddings
    assert [list(vector) for vector in vectors] == [[0.25, -0.5, 1.0], [0.0, 0.125, -1.0]]


def test_error_inside_a_stream(client):
    with pytest.raises(ollama.ResponseError, match="model runner has unexpectedly stopped"):
        list(client.chat(model="fx-l06-chat-error-midway", messages=ASK, stream=True))


@pytest.mark.parametrize(("number", "status"), [(0, 404), (1, 400), (2, 503)])
def test_errors(client, number, status):
    with pytest.raises(ollama.ResponseError) as caught:
        client.chat(model=f"fx-l07-errors#{number}", messages=ASK)
    assert caught.value.status_code == status
