"""The anthropic SDK, new and old, with nothing changed but its base URL."""

import concurrent.futures
import json
import os
from pathlib import Path

import anthropic
import pytest

import sdk_cases
import wire
from processes import REPOSITORY, Child, backend, config, wait_until

OLD_PYTHON = Path(os.environ.get("OLD_SDK_PYTHON", REPOSITORY / ".venv-old-sdk" / "bin" / "python"))


def sdk(gateway, **more):
    return anthropic.Anthropic(**{"base_url": gateway.url, "api_key": "any", "max_retries": 0, "timeout": 20} | more)


@pytest.fixture(scope="module")
def demo(start_shared):
    return start_shared.failing_demo()


@pytest.fixture(scope="module")
def client(demo):
    return sdk(demo)


@pytest.mark.parametrize("name", sdk_cases.CASES)
def test_new_sdk(client, name):
    sdk_cases.CASES[name](client)


@pytest.fixture(scope="module")
def old_results(start_shared):
    """All cases run with the old SDK, in one process, before a demo of their own."""
    if not os.access(OLD_PYTHON, os.X_OK):
        pytest.skip(f"the old SDK's Python is not at {OLD_PYTHON}; run make setup-tests or set OLD_SDK_PYTHON")
    gateway = start_shared.gateway()
    script = Path(sdk_cases.__file__)
    child = start_shared.adopt(Child("old SDK", [str(OLD_PYTHON), str(script), gateway.url]))
    assert child.wait(90) == 0, child.stderr
    return json.loads(child.stdout)


def test_old_sdk_is_old(old_results):
    assert int(old_results["version"].split(".")[0]) == 0


@pytest.mark.parametrize("name", sdk_cases.CASES)
def test_old_sdk(old_results, name):
    assert old_results[name] is None, old_results[name]


# Errors and retries


@pytest.mark.parametrize(
    ("status", "kind", "word"),
    [
        (400, anthropic.BadRequestError, "invalid_request_error"),
        (402, anthropic.PaymentRequiredError, "billing_error"),
        (404, anthropic.NotFoundError, "not_found_error"),
        (413, anthropic.ContentTooLargeError, "request_too_large"),
        (429, anthropic.RateLimitError, "rate_limit_error"),
        (500, anthropic.InternalServerError, "api_error"),
        (503, anthropic.ServiceUnavailableError, "api_error"),
        (504, anthropic.GatewayTimeoutError, "timeout_error"),
        (529, anthropic.OverloadedError, "overloaded_error"),
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_every_status_becomes_its_class(client, status, kind, word, stream):
    with pytest.raises(kind) as caught:
        client.messages.create(stream=stream, **sdk_cases.ask(f"Fail. [[simulate: status={status}]]"))
    assert caught.value.status_code == status
    assert caught.value.body["error"]["type"] == word


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_the_gateways_own_key_is_not_the_clients(demo, status, stream):
    before = wire.get_json(demo.port, "/v1/metrics")["since_start"]["requests"]
    with pytest.raises(anthropic.InternalServerError) as caught:
        asked = sdk_cases.ask(f"Fail. [[simulate: status={status}]]")
        sdk(demo, max_retries=2).messages.create(stream=stream, **asked)
    assert caught.value.status_code == 502
    assert f"HTTP {status}" in caught.value.body["error"]["message"]
    after = wire.get_json(demo.port, "/v1/metrics")["since_start"]["requests"]
    assert after == before + 1, "asking again is of no use, and the SDK is told"


def test_gateways_own_errors_become_classes(start):
    gateway = start.gateway(config(backend("a", start.upstream().url), auth={"keys": ["k"]}))
    with pytest.raises(anthropic.AuthenticationError):
        sdk(gateway, api_key="wrong").messages.create(**sdk_cases.ask("x"))
    with pytest.raises(anthropic.NotFoundError) as caught:
        sdk(gateway, api_key="k").messages.create(**sdk_cases.ask("x", model="nonesuch"))
    assert caught.value.request_id == caught.value.body["request_id"]


def test_sdk_gives_up_after_its_retries(demo):
    before = wire.get_json(demo.port, "/v1/metrics")["since_start"]["requests"]
    with pytest.raises(anthropic.OverloadedError):
        sdk(demo, max_retries=2).messages.create(**sdk_cases.ask("Busy. [[simulate: status=529]]"))
    assert wire.get_json(demo.port, "/v1/metrics")["since_start"]["requests"] == before + 3


@pytest.mark.parametrize("failures", ["529,529", "500", "429,503", "drop"])
def test_sdk_gets_through_on_its_retries(wire_kit, start, failures):
    """Errors that the SDK repeats reach it as such, and nothing of a failed try sticks."""
    fake = start.fake()
    model = f"fx-a01-plain;fail={failures}&key=k"
    gateway = start.gateway(config(backend("a", fake.url, model), cache={"enabled": True}))
    message = sdk(gateway, max_retries=2).messages.create(**sdk_cases.ask("x", model="a"))
    assert message.content[0].text == "A gannet."
    tries = failures.count(",") + 2
    assert len(fake.log()["requests"]) == tries
    rows = wire.get_json(gateway.port, "/v1/metrics/recent?n=10")["exchanges"]
    # The last row is the good one; a dropped connection is the gateway's own 502.
    expected = [502 if failure == "drop" else int(failure) for failure in failures.split(",")] + [200]
    assert [row["status"] for row in rows][::-1] == expected
    assert sum(row["cost_usd"] for row in rows[1:]) == 0


# Leaving early


def test_leaving_a_stream_breaks_off_the_call(wire_kit, start):
    fake = start.fake()
    model = "fx-a08-stream-text;chunk=event&delay_ms=400"
    gateway = start.gateway(config(backend("a", fake.url, model)))
    with sdk(gateway).messages.stream(**sdk_cases.ask("x", model="a")) as stream:
        for event in stream:
            if event.type == "content_block_delta":
                break
    row = wait_until(
        lambda: wire.get_json(gateway.port, "/v1/metrics/recent?n=1")["exchanges"], "the exchange is recorded"
    )[0]
    assert row["status"] == 499
    assert row["usage_is_estimated"] is True
    # message_start said 12 tokens in; of the answer's 12 only the first was seen.
    assert row["usage"]["input_tokens"] == 12 and 1 <= row["usage"]["output_tokens"] <= 12
    assert row["cost_usd"] > 0
    assert wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 0
    gone = wait_until(lambda: fake.log()["events"], "the provider sees that nobody listens")
    assert gone[0]["event"] == "client_gone" and gone[0]["sent"] < gone[0]["of"]


# At once


def test_twenty_clients_at_once(client):
    def one(number):
        body = sdk_cases.ask(f"Number {number}. [[simulate: tokens=20]]")
        if number % 2:
            return client.messages.create(**body).content[0].text
        with client.messages.stream(**body) as stream:
            text = "".join(stream.text_stream)
            assert text == stream.get_final_message().content[0].text
            return text

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        texts = list(pool.map(one, range(40)))
    assert all(text.startswith("[simulated]") for text in texts)


# Keys


@pytest.fixture(scope="module")
def guarded(start_shared):
    upstream = start_shared.upstream()
    return start_shared.gateway(config(backend("a", upstream.url), auth={"keys": ["right-key", "second-key"]}))


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "right-key"},
        {"x-api-key": "second-key"},
        {"Authorization": "Bearer right-key"},
        {"authorization": "bearer second-key"},
        {"x-api-key": "right-key", "Authorization": "Bearer right-key"},
    ],
)
def test_right_key(guarded, headers):
    assert wire.messages(guarded.port, wire.prompt(model="a"), headers=headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": "wrong-key"},
        {"x-api-key": ""},
        {"x-api-key": "right-ke"},
        {"x-api-key": "right-key2"},
        {"x-api-key": "RIGHT-KEY"},
        {"Authorization": "Bearer wrong-key"},
        {"Authorization": "Basic right-key"},
        {"Authorization": "right-key"},
        {"Cookie": "x-api-key=right-key"},
    ],
)
def test_wrong_key(guarded, headers):
    for target in ("/v1/messages", "/v1/messages/count_tokens"):
        answer = wire.messages(guarded.port, wire.prompt(model="a"), headers=headers, target=target)
        message = wire.assert_error(answer, 401, "authentication_error")
        assert "right-key" not in message and "wrong-key" not in message


def test_sdk_with_a_key_and_with_a_token(guarded):
    """The new SDK sends its key as a bearer token, the old one as x-api-key; tokens are always bearer."""
    for credentials in ({"api_key": "right-key"}, {"api_key": None, "auth_token": "right-key"}):
        assert sdk(guarded, **credentials).messages.create(**sdk_cases.ask("x", model="a")).content[0].text == "Hi."
