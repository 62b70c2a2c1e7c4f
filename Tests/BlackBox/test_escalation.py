"""Weak answers are asked again of a stronger model, whole and streamed; what that costs adds up."""

import json
import threading

import anthropic
import openai
import pytest

import wire
from processes import backend, config, wait_until
from wire import chunk, event, get_json, messages, prompt

QUESTION = "Explain how a B-tree splits a full node when a key is inserted, and why it stays balanced."
UNSURE = (
    "I'm not sure. I don't have enough information to answer that. I cannot say how such a tree behaves, and I'm unable "
    "to find out. I don't know what else to tell you about this, I'm afraid, so please ask somebody else."
)
GOOD = (
    "A full node is split around its median key. The median moves up into the parent, and the two halves become separate "
    "children to its left and right. If the parent is full as well, it is split in the same way, up to the root. A new root "
    "is made only there, so every leaf stays at the same depth and the tree remains balanced."
)
MODELS = {"fast": "claude-haiku-4-5-20251001", "balanced": "claude-sonnet-4-6", "premium": "claude-opus-4-7"}


def answer(text, stop="end_turn"):
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": stop, "stop_sequence": None,
        "content": [{"type": "text", "text": text}], "usage": {"input_tokens": 100, "output_tokens": 20},
    }


def events(text, stop="end_turn"):
    """The stream of an answer, its text in words."""
    words = [event("content_block_delta", index=0, delta={"type": "text_delta", "text": word + " "}) for word in text.split()]
    return [
        wire.stream_start(),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *words,
        event("content_block_stop", index=0),
        event("message_delta", delta={"stop_reason": stop, "stop_sequence": None}, usage={"output_tokens": 20}),
        event("message_stop"),
    ]


class Provider:
    """Says by its model's name what the tier says; keeps what it was asked."""

    def __init__(self, said):
        self.said, self.asked, self.broken_off = said, [], threading.Event()
        # The end of a stream waits for it.
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self, request, connection):
        body = json.loads(request.body)
        self.asked.append(body["model"])
        text, stop = self.said[body["model"]]
        if not body.get("stream"):
            return connection.sendall(wire.response_bytes(200, json.dumps(answer(text, stop)).encode()))
        connection.sendall(wire.STREAM_HEAD)
        try:
            *pieces, last, end = events(text, stop)
            for piece in pieces:
                connection.sendall(chunk(piece))
            assert self.may_end.wait(30)
            connection.sendall(chunk(last + end))
            connection.sendall(b"0\r\n\r\n")
        except OSError:
            self.broken_off.set()


def gateway(start, said, **settings):
    provider = Provider({MODELS[tier]: (text, "end_turn") if isinstance(text, str) else text for tier, text in said.items()})
    upstream = start.upstream(provider)
    backends = [backend(tier, upstream.url, model=model, tier=tier) for tier, model in MODELS.items()]
    # The question is one for the fast tier, whatever its words.
    bounds = {"classifier": {"mode": "rule_based", "tier1_max": 99, "tier2_max": 100}}
    running = start.gateway(config(*backends, routing={"mode": "always"}, **bounds, **settings))
    return running, provider


def test_a_weak_answer_is_replaced_and_its_cost_counted(start):
    running, provider = gateway(start, {"fast": UNSURE, "balanced": GOOD})
    client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{running.port}", api_key="any", max_retries=0)
    raw = client.messages.with_raw_response.create(
        model="claude-opus-4-7", max_tokens=500, messages=[{"role": "user", "content": QUESTION}]
    )
    assert raw.parse().content[0].text == GOOD
    assert provider.asked == [MODELS["fast"], MODELS["balanced"]]
    assert raw.headers["x-gateway-model"] == MODELS["balanced"] and raw.headers["x-gateway-escalations"] == "1"
    told = get_json(running.port, f"/v1/explain/{raw.headers['x-gateway-query-id']}")
    costs = [attempt["cost_usd"] for attempt in told["attempts"]]
    assert costs == [0.0002, 0.0006]
    assert told["summary"]["cost_usd"] == float(raw.headers["x-gateway-cost-usd"]) == pytest.approx(sum(costs))
    assert told["summary"]["saved_usd"] == pytest.approx(0.001 - sum(costs))
    assert told["attempts"][0]["weakness"] and "weakness" not in told["attempts"][1]
    assert any("was found weak" in reason for reason in told["decision"]["reasons"])
    assert get_json(running.port, "/v1/metrics")["escalation"]["escalated"] == 1


def test_a_streamed_answer_escalates_before_its_first_byte(start):
    running, provider = gateway(start, {"fast": UNSURE, "balanced": GOOD})
    client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{running.port}", api_key="any", max_retries=0)
    with client.messages.stream(
        model="claude-opus-4-7", max_tokens=500, messages=[{"role": "user", "content": QUESTION}]
    ) as stream:
        text = "".join(stream.text_stream)
        headers = stream.response.headers
        final = stream.get_final_message()
    assert text.split() == GOOD.split() and "sure" not in text
    assert final.stop_reason == "end_turn" and final.usage.output_tokens == 20
    assert headers["x-gateway-model"] == MODELS["balanced"] and headers["x-gateway-escalations"] == "1"
    assert provider.asked == [MODELS["fast"], MODELS["balanced"]]
    told = get_json(running.port, f"/v1/explain/{headers['x-gateway-query-id']}")
    assert told["summary"]["cost_usd"] == pytest.approx(sum(attempt["cost_usd"] for attempt in told["attempts"]))
    assert told["summary"]["escalations"] == 1


def test_openais_clients_get_the_better_answer_too(start):
    running, _ = gateway(start, {"fast": UNSURE, "balanced": GOOD})
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{running.port}/v1", api_key="any", max_retries=0)
    question = [{"role": "user", "content": QUESTION}]
    assert client.chat.completions.create(model="auto", messages=question).choices[0].message.content == GOOD
    pieces = client.chat.completions.create(model="auto", messages=question, stream=True)
    text = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    assert text.split() == GOOD.split()


def test_a_fine_stream_is_passed_byte_for_byte(start):
    running, provider = gateway(start, {"fast": GOOD})
    answered = messages(running.port, prompt(QUESTION, model="claude-opus-4-7", stream=True))
    assert answered.body == b"".join(events(GOOD))
    assert provider.asked == [MODELS["fast"]]


@pytest.mark.parametrize("settings, headers", [
    ({"max_escalations": 0}, {}),
    ({"escalation": {"check": "none"}}, {}),
    ({"escalation": {"signals": ["-uncertainty", "-refusal", "-too_short"]}}, {}),
    ({}, {"X-Gateway-Max-Escalations": "0"}),
    ({}, {"X-Gateway-Smart-Routing": "0"}),
])
def test_it_can_be_switched_off(start, settings, headers):
    running, provider = gateway(start, {"fast": UNSURE, "premium": UNSURE}, **settings)
    answered = messages(running.port, prompt(QUESTION, model="claude-opus-4-7"), headers=headers)
    assert len(provider.asked) == 1 and UNSURE in answered.json()["content"][0]["text"]


def test_a_cut_answer_is_recorded_where_it_is_too_late(start):
    running, provider = gateway(start, {"fast": (GOOD, "max_tokens")})
    provider.may_end.clear()
    client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{running.port}", api_key="any", max_retries=0)
    with client.messages.stream(
        model="claude-opus-4-7", max_tokens=500, messages=[{"role": "user", "content": QUESTION}]
    ) as stream:
        for _ in stream.text_stream:
            provider.may_end.set()
        assert stream.get_final_message().stop_reason == "max_tokens"
    assert provider.asked == [MODELS["fast"]]
    assert get_json(running.port, "/v1/metrics")["escalation"]["found_late"] == 1


@pytest.mark.parametrize("number", ["many", "-3", "4"])
def test_a_bad_number_of_escalations_is_named(start, number):
    running, _ = gateway(start, {"fast": GOOD})
    answered = messages(running.port, prompt(QUESTION), headers={"X-Gateway-Max-Escalations": number})
    told = answered.json()["error"]["message"]
    assert answered.status == 400 and "X-Gateway-Max-Escalations: expected a whole number from 0 to 3" in told


def test_an_answer_that_the_client_itself_has_cut_is_given(start):
    # Every answer has 20 tokens by the provider's count.
    running, provider = gateway(start, {"fast": ("A river is", "max_tokens"), "balanced": GOOD})
    own = messages(running.port, prompt("Tell me about river number 5 please.", model="claude-opus-4-7", max_tokens=20))
    assert own.json()["stop_reason"] == "max_tokens" and own["x-gateway-escalations"] == "0"
    assert provider.asked == [MODELS["fast"]]
    # Something else has cut this one.
    other = messages(running.port, prompt("Tell me about river number 6 please.", model="claude-opus-4-7", max_tokens=500))
    assert other["x-gateway-escalations"] == "1"


def loop(dialect, rounds):
    """The history of a user's one request and as many rounds of the same successful call."""
    said = [{"role": "user", "content": "Run the tests until they pass, please."}]
    for number in range(rounds):
        if dialect == "anthropic":
            call = {"type": "tool_use", "id": f"t{number}", "name": "run", "input": {"c": "make test"}}
            result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": "2 passed"}
            said += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
        else:
            function = {"name": "run", "arguments": '{"c": "make test"}'}
            call = {"id": f"c{number}", "type": "function", "function": function}
            said += [
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": f"c{number}", "content": "2 passed"},
            ]
    return said


@pytest.mark.parametrize("dialect", ["anthropic", "openai"])
def test_a_tool_loop_that_makes_the_same_call_goes_to_a_higher_tier(start, dialect):
    running, _ = gateway(start, {tier: "Trying." for tier in MODELS})
    schema = {"type": "object"}
    tools = [{"name": "run", "input_schema": schema}]
    path = "/v1/messages"
    if dialect == "openai":
        tools = [{"type": "function", "function": {"name": "run", "parameters": schema}}]
        path = "/v1/chat/completions"

    def tier(said):
        body = {"model": "claude-opus-4-7", "max_tokens": 500, "tools": tools, "messages": said}
        answered = wire.ask(running.port, "POST", path, json.dumps(body).encode(), {"content-type": "application/json"})
        assert answered.status == 200
        return answered["x-gateway-tier"]

    assert [tier(loop(dialect, rounds)) for rounds in range(5)] == ["fast", "fast", "fast", "balanced", "balanced"]
    assert get_json(running.port, "/v1/metrics")["escalation"]["lifted"] == 1
    # It stays there for what the user says next.
    thanks = [{"role": "assistant", "content": "They pass."}, {"role": "user", "content": "Thanks. Say hello."}]
    assert tier(loop(dialect, 4) + thanks) == "balanced"


def test_what_became_of_it_is_kept_for_those_who_train_routers(start):
    running, _ = gateway(start, {"fast": UNSURE, "balanced": GOOD}, auth={"admin_key": "root"})
    assert messages(running.port, prompt(QUESTION, model="claude-opus-4-7")).status == 200

    def outcomes():
        answered = wire.ask(running.port, "GET", "/admin/outcomes", None, {"x-api-key": "root"})
        return [json.loads(line) for line in answered.body.splitlines()]

    wait_until(lambda: len(outcomes()) == 1, "the outcome is written")
    (outcome,) = outcomes()
    assert (outcome["initial_tier"], outcome["final_tier"], outcome["escalations"]) == ("fast", "balanced", 1)
    assert outcome["is_success"] and outcome["cost_usd"] == 0.0008 and outcome["quality"] == 1
    assert "uncertainty" in outcome["escalation_reasons"] and outcome["prompt"].startswith("Explain how a B-tree")
