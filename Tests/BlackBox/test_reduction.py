"""Token reduction as a client and a provider see it: what arrives upstream, what the prompt cache reads."""

import pytest

from processes import backend, config
from wire import get_json, messages, prompt

LONG = "".join(f"Line {number} of a document that is long.\n" for number in range(2_000))
FILE = "".join(f"let value{number} = {number}\n" for number in range(200))


def test_nothing_is_changed_by_default(start):
    upstream = start.upstream()
    gateway = start.gateway(config(backend("haiku", upstream.url)))
    body = b'{"model": "haiku" ,"max_tokens":9, "messages":[{"role":"user","content":"' + LONG[:9000].replace("\n", "\\n").encode() + b'"}]}'
    assert messages(gateway.port, body).status == 200
    assert upstream.requests[0].body == body


def test_what_was_decided_at_the_first_turn_outlives_a_restart(start):
    upstream = start.upstream()
    directory = start.directory()
    reduction = {"user_msg_max_chars": 5_000, "deduplicate_files": True}
    first = start.gateway(config(backend("haiku", upstream.url), reduction=reduction), directory=directory)
    turns = [{"role": "user", "content": LONG}]
    answer = messages(first.port, prompt() | {"messages": turns})
    assert "left out" in answer["x-gateway-warning"]
    sent = upstream.requests[0].json()["messages"][0]["content"]
    assert len(sent) <= 5_000 and "characters were left out here" in sent
    metrics = get_json(first.port, "/v1/metrics")
    assert metrics["since_start"]["tokens_saved"]["response_limits"] > 10_000
    assert metrics["reducers_disabled"] == 0
    first.signal(15)
    assert first.wait() == 0
    second = start.gateway(config(backend("haiku", upstream.url)), directory=directory)
    turns += [{"role": "assistant", "content": "Hi."}, {"role": "user", "content": "And?"}]
    assert messages(second.port, prompt() | {"messages": turns}).status == 200
    assert upstream.requests[1].json()["messages"][0]["content"] == sent


def test_the_environment_switches_limits_on(start):
    from processes import xdg

    upstream = start.upstream()
    directory = start.directory()
    environment = xdg(directory, TOOL_RESULT_MAX_CHARS="20000", ENABLE_FILE_HASH_CACHE="true")
    gateway = start.gateway(config(backend("haiku", upstream.url)), directory=directory, environment=environment)

    def read(number, text):
        use = {"type": "tool_use", "id": f"t{number}", "name": "read", "input": {}}
        result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": text}
        return [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]

    tools = [{"name": "read", "input_schema": {"type": "object"}}]
    turns = [{"role": "user", "content": "Read."}]
    for number, text in enumerate(["x", FILE, LONG, FILE]):
        assert messages(gateway.port, prompt() | {"messages": turns, "tools": tools}).status == 200
        turns += read(number, text)
    assert messages(gateway.port, prompt() | {"messages": turns, "tools": tools}).status == 200
    results = [m["content"][0]["content"] for m in upstream.requests[-1].json()["messages"][2::2]]
    results = [r if isinstance(r, str) else r[0]["text"] for r in results]
    assert results[:2] == ["x", FILE]
    assert len(results[2]) <= 20_000
    assert results[3].startswith("[unchanged: ")


def test_a_skill_that_is_not_there(start):
    upstream = start.upstream()
    gateway = start.gateway(config(backend("haiku", upstream.url)))
    answer = messages(gateway.port, prompt(), {"x-gateway-skill": "no-such-skill"})
    assert answer.status == 400
    assert "X-Gateway-Skill" in answer.json()["error"]["message"]
    assert upstream.requests == []


def usage_of(start, simulator, reduction, turns=8):
    """The input tokens of a conversation, by bucket, added up."""
    gateway = start.gateway(config(backend("haiku", simulator.url, "claude-sonnet-4-6"), reduction=reduction))
    total = {"read": 0, "written": 0, "plain": 0}
    history = []
    system = "You help with code. " * 900
    for turn in range(turns):
        history.append({"role": "user", "content": f"Question {turn}:\n```swift src/a.swift\n{FILE}\n```"})
        answer = messages(gateway.port, prompt() | {"system": system, "messages": history}).json()
        usage = answer["usage"]
        total["read"] += usage["cache_read_input_tokens"] or 0
        total["written"] += usage["cache_creation_input_tokens"] or 0
        total["plain"] += usage["input_tokens"]
        history.append({"role": "assistant", "content": answer["content"]})
    return total


@pytest.fixture(scope="module")
def simulator(start_shared):
    return start_shared.simulator()


def test_the_prompt_cache_reads_what_is_marked_and_loses_nothing_by_reducers(start, simulator):
    unmarked = usage_of(start, simulator, {"cache_control": False})
    marked = usage_of(start, start.simulator(), {})
    reduced = usage_of(start, start.simulator(), {"deduplicate_files": True, "user_msg_max_chars": 20_000})
    assert unmarked["read"] == unmarked["written"] == 0
    share = marked["read"] / sum(marked.values())
    # Of eight turns that grow, the first is not marked and the last seven read all but what is new.
    assert share > 0.6
    assert sum(reduced.values()) < 0.8 * sum(marked.values())
    assert reduced["read"] / sum(reduced.values()) > 0.6

    def cost(usage):
        return usage["plain"] + 1.25 * usage["written"] + 0.1 * usage["read"]

    print({"unmarked": cost(unmarked), "marked": cost(marked), "marked and reduced": cost(reduced)})
    assert cost(marked) < 0.5 * cost(unmarked)
    assert cost(reduced) < cost(marked)
