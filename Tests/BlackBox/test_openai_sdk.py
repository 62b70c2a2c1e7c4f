"""The openai SDK, new and old, with nothing changed but its base URL."""

import concurrent.futures
import json
import os
from pathlib import Path

import anthropic
import openai
import pytest

import openai_cases
import wire
from processes import REPOSITORY, Child, backend, config, wait_until

OLD_PYTHON = Path(os.environ.get("OLD_SDK_PYTHON", REPOSITORY / ".venv-old-sdk" / "bin" / "python"))


def sdk(gateway, **more):
    url = f"{gateway.url}/v1"
    return openai.OpenAI(**{"base_url": url, "api_key": "any", "max_retries": 0, "timeout": 20} | more)


def newest(gateway):
    return wire.get_json(gateway.port, "/v1/metrics/recent?n=1")["exchanges"][0]


@pytest.fixture(scope="module")
def old_sdk(start_shared):
    """All cases run with the old SDK, in one process, before a demo of their own; None without that SDK."""
    if os.access(OLD_PYTHON, os.X_OK):
        script = Path(openai_cases.__file__)
        return start_shared.adopt(Child("old SDK", [str(OLD_PYTHON), str(script), start_shared.gateway().url]))


@pytest.fixture(scope="module")
def demo(start_shared, old_sdk):
    """The old SDK's cases run beside those of the new one: both mostly wait for the simulated models."""
    return start_shared.failing_demo()


@pytest.fixture(scope="module")
def client(demo):
    return sdk(demo)


@pytest.mark.parametrize("name", openai_cases.CASES)
def test_new_sdk(client, name):
    openai_cases.CASES[name](client)


@pytest.fixture(scope="module")
def old_results(old_sdk):
    if old_sdk is None:
        pytest.skip(f"the old SDK's Python is not at {OLD_PYTHON}; run make setup-tests or set OLD_SDK_PYTHON")
    assert old_sdk.wait(90) == 0, old_sdk.stderr
    return json.loads(old_sdk.stdout)


@pytest.mark.parametrize("name", openai_cases.CASES)
def test_old_sdk(old_results, name):
    assert int(old_results["version"].split(".")[0]) < int(openai.__version__.split(".")[0])
    assert old_results[name] is None, old_results[name]


# Errors and retries


def test_gateways_own_errors_become_classes(start):
    gateway = start.gateway(config(backend("a", start.upstream().url), auth={"keys": ["k"]}))
    with pytest.raises(openai.AuthenticationError) as caught:
        sdk(gateway, api_key="wrong").chat.completions.create(**openai_cases.ask("x"))
    assert caught.value.code == "invalid_api_key"
    with pytest.raises(openai.NotFoundError) as caught:
        sdk(gateway, api_key="k").chat.completions.create(**openai_cases.ask("x", model="nonesuch"))
    assert "nonesuch" in caught.value.message and caught.value.request_id
    with pytest.raises(openai.AuthenticationError):
        sdk(gateway, api_key="wrong").models.list()


def test_sdk_gives_up_after_its_retries(demo):
    before = wire.get_json(demo.port, "/v1/metrics")["since_start"]["requests"]
    with pytest.raises(openai.InternalServerError) as caught:
        sdk(demo, max_retries=1).chat.completions.create(**openai_cases.ask("Busy. [[simulate: status=529]]"))
    assert caught.value.status_code == 503
    assert wire.get_json(demo.port, "/v1/metrics")["since_start"]["requests"] == before + 2


@pytest.mark.parametrize("failures", ["529", "429,503", "drop"])
def test_sdk_gets_through_on_its_retries(wire_kit, start, failures):
    """Errors that the SDK repeats reach it as such, from a provider of another dialect too."""
    fake = start.fake()
    model = f"fx-a01-plain;fail={failures}&key=k"
    gateway = start.gateway(config(backend("a", fake.url, model), cache={"enabled": True}))
    answer = sdk(gateway, max_retries=2).chat.completions.create(**openai_cases.ask("x", model="a"))
    assert answer.choices[0].message.content == "A gannet."
    assert len(fake.log()["requests"]) == failures.count(",") + 2
    rows = wire.get_json(gateway.port, "/v1/metrics/recent?n=10")["exchanges"]
    assert rows[0]["status"] == 200 and sum(row["cost_usd"] for row in rows[1:]) == 0


def test_refused_key_of_the_gateway_is_not_repeated(wire_kit, start):
    fake = start.fake()
    gateway = start.gateway(config(backend("a", fake.url, "fx-o12-errors#2", provider="openai_compatible")))
    with pytest.raises(openai.InternalServerError) as caught:
        sdk(gateway, max_retries=2).chat.completions.create(**openai_cases.ask("x", model="a"))
    assert caught.value.status_code == 502 and "api_key" in caught.value.message
    assert len(fake.log()["requests"]) == 1


# Leaving early


def test_leaving_a_stream_breaks_off_the_call(wire_kit, start):
    fake = start.fake()
    gateway = start.gateway(config(backend("a", fake.url, "fx-a08-stream-text;chunk=event&delay_ms=400")))
    with sdk(gateway).chat.completions.create(stream=True, **openai_cases.ask("x", model="a")) as stream:
        for chunk in stream:
            if chunk.choices[0].delta.content:
                break
    row = wait_until(
        lambda: wire.get_json(gateway.port, "/v1/metrics/recent?n=1")["exchanges"], "the exchange is recorded"
    )[0]
    assert row["status"] == 499 and row["usage_is_estimated"] is True
    # message_start said 12 tokens in.
    assert row["usage"]["input_tokens"] == 12 and row["cost_usd"] > 0
    gone = wait_until(lambda: fake.log()["events"], "the provider sees that nobody listens")
    assert gone[0]["event"] == "client_gone" and gone[0]["sent"] < gone[0]["of"]


# At once


def test_twenty_clients_at_once(client):
    def one(number):
        body = openai_cases.ask(f"Number {number}. [[simulate: tokens=20]]")
        if number % 2:
            return client.chat.completions.create(**body).choices[0].message.content
        return openai_cases.spoken(client.chat.completions.create(stream=True, **body))[0]

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        texts = list(pool.map(one, range(40)))
    assert all(text.startswith("[simulated]") for text in texts)


# The cache, before a provider that counts


@pytest.fixture
def counted(start):
    """A gateway that keeps answers, and its provider."""
    upstream = start.upstream(wire.reply_by_path)
    prices = {"cost_per_1k_in": 0.01, "cost_per_1k_out": 0.1}
    models = [
        backend("compatible", upstream.url, provider="openai_compatible", **prices),
        backend("claude", upstream.url, provider="anthropic", **prices),
        backend("ollama", upstream.url, provider="ollama", **prices),
    ]
    return start.gateway(config(*models, cache={"enabled": True})), upstream


FORMS = [{}, {"stream": True}, openai_cases.USAGE]


@pytest.mark.parametrize("first", FORMS, ids=["plain", "stream", "usage"])
@pytest.mark.parametrize("model", ["compatible", "claude", "ollama"])
def test_answer_is_kept_for_every_form(counted, model, first):
    gateway, upstream = counted
    client = sdk(gateway)
    body = openai_cases.ask("x", model=model)
    forms = [first, *FORMS]
    for number, form in enumerate(forms):
        raw = client.chat.completions.with_raw_response.create(**body, **form)
        assert raw.headers["x-cache"] == ("HIT" if number else "MISS")
        if form:
            text, finish, usage = openai_cases.spoken(raw.parse())
            assert (usage is None) == (form is not openai_cases.USAGE)
        else:
            answer = raw.parse()
            text, finish, usage = answer.choices[0].message.content, answer.choices[0].finish_reason, answer.usage
        assert (text, finish) == ("Hi.", "stop")
        assert usage is None or (usage.prompt_tokens, usage.completion_tokens) == (10, 3)
        row = newest(gateway)
        # 10 tokens in at $0.00001, 3 out at $0.0001.
        assert row["cost_usd"] == (0 if number else pytest.approx(0.0004)), row
        assert row["usage"]["input_tokens"] == 10 and row["usage"]["output_tokens"] == 3
    assert len(upstream.requests) == 1


def test_dialects_do_not_share_answers(counted):
    gateway, upstream = counted
    sdk(gateway).chat.completions.create(**openai_cases.ask("x", model="claude"))
    other = anthropic.Anthropic(base_url=gateway.url, api_key="any", max_retries=0, timeout=20)
    message = other.messages.create(model="claude", max_tokens=9, messages=[{"role": "user", "content": "x"}])
    assert message.content[0].text == "Hi."
    assert [request.target for request in upstream.requests] == ["/v1/messages"] * 2


def test_tool_history_is_not_kept(counted):
    gateway, upstream = counted
    call = {"id": "c1", "type": "function", "function": {"name": "lookup_tide", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "Tide?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "3.1 m"},
    ]
    for _ in range(2):
        raw = sdk(gateway).chat.completions.with_raw_response.create(
            model="compatible", messages=messages, tools=[openai_cases.TOOL]
        )
        assert raw.headers["x-cache"] == "MISS"
    assert len(upstream.requests) == 2


def test_no_cache_asks_again(counted):
    gateway, upstream = counted
    for headers in ({}, {"Cache-Control": "no-cache"}):
        sdk(gateway).chat.completions.create(**openai_cases.ask("x", model="compatible"), extra_headers=headers)
    assert len(upstream.requests) == 2
