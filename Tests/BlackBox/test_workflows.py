"""Workflows: several calls that take up each other's output, over HTTP and on the control socket."""

import json
import threading
import time

import pytest

import wire
from processes import backend, config, wait_until
from test_control import Client

CHAIN = """
start_ops: [reason]
end_ops: [refine]
ops:
  reason:
    prompt: "Think step by step."
    tier: 1
    max_tokens: 1024
    output_ops: [critique]
  critique:
    prompt: "Find errors in the reasoning."
    tier: 2
    max_tokens: 512
    input_ops: [reason]
    output_ops: [refine]
  refine:
    prompt: "Give a correct final answer."
    tier: 2
    max_tokens: 512
    input_ops: [critique]
"""
BUILT_IN = [
    "code-review-panel",
    "map-reduce-summary",
    "reason-critique-refine",
    "research-outline-write",
    "translate-and-back-check",
]


@pytest.fixture(scope="module")
def gateway(start_shared):
    """Three tiers on a simulator that does not take the time that a model takes."""
    url = start_shared.simulator("--speed", "0").url
    models = [
        backend("haiku", url, "claude-haiku-4-5-20251001", "fast"),
        backend("sonnet", url, "claude-sonnet-4-6", "balanced"),
        backend("opus", url, "claude-opus-4-7", "premium"),
    ]
    return start_shared.gateway(config(*models, routing={}, cache={}, coalesce={}))


def run(gateway, headers=(), **body):
    return wire.ask(gateway.port, "POST", "/v1/workflows", body, {"content-type": "application/json"} | dict(headers))


def one(prompt, **more):
    """A workflow of one op."""
    return {"start_ops": ["a"], "end_ops": ["a"], "ops": {"a": {"prompt": prompt, "tier": "fast"} | more}}


def steps(gateway, run_id):
    rows = wire.get_json(gateway.port, "/v1/metrics/recent?n=100")["exchanges"]
    return [row for row in rows if (row.get("workflow") or {}).get("run_id") == run_id]


def events(body):
    return [json.loads(line) for line in wire.data_lines(body)]


def test_the_seed_example(gateway):
    answer = run(gateway, input="How many rs are in strawberry?", workflow=CHAIN)
    assert answer.status == 200, answer.body
    report = answer.json()
    ops = {"reason", "critique", "refine"}
    assert set(report["outputs"]) == set(report["routing"]) == set(report["costs"]) == set(report["cache"]) == ops
    assert report["final_output"] == report["outputs"]["refine"]
    assert "haiku" in report["routing"]["reason"] and "sonnet" in report["routing"]["refine"]
    assert report["routing"]["critique"] == report["routing"]["refine"]
    assert isinstance(report["total_ms"], int) and report["status"] == "completed" and "errors" not in report
    assert report["total_cost_usd"] == pytest.approx(sum(report["costs"].values()), abs=1e-9)
    assert float(answer["x-gateway-cost-usd"]) == report["total_cost_usd"]
    assert report["id"] == answer["x-gateway-query-id"]
    rows = steps(gateway, report["id"])
    assert {row["workflow"]["op"] for row in rows} == ops and len(rows) == 3
    assert sum(row["cost_usd"] for row in rows) == pytest.approx(report["total_cost_usd"], abs=1e-9)
    assert report["tokens"]["output_tokens"] == sum(row["usage"]["output_tokens"] for row in rows)
    assert {row["workflow"]["op"]: row["tier"] for row in rows}["reason"] == "fast"


def test_the_same_run_again_comes_from_the_cache(gateway):
    first = run(gateway, input="cached?", workflow=CHAIN).json()
    again = run(gateway, input="cached?", workflow=CHAIN).json()
    assert set(first["cache"].values()) == {"none"} and set(again["cache"].values()) == {"exact"}
    assert again["outputs"] == first["outputs"] and again["total_cost_usd"] == 0
    fresh = run(gateway, {"cache-control": "no-cache"}, input="cached?", workflow=CHAIN).json()
    assert set(fresh["cache"].values()) == {"none"}


def test_a_workflow_as_an_object(gateway):
    body = one("Say it \U0001f600.", max_tokens=64, temperature=0.5, timeout_sec=30, retries=0)
    # As Python writes it, with surrogates escaped.
    assert "\\ud83d" in json.dumps(body)
    report = run(gateway, input="x", workflow=body).json()
    assert report["workflow"] == "inline" and report["final_output"]


def test_as_a_stream(gateway):
    answer = run(gateway, input="stream it", workflow=CHAIN, stream=True)
    assert answer.status == 200 and answer["content-type"].startswith("text/event-stream") and answer.is_complete
    told = events(answer.body)
    assert [event["type"] for event in told] == wire.event_names(answer.body)
    kinds = [(event["type"], event.get("op")) for event in told]
    assert kinds == [
        ("workflow_start", None),
        *[(kind, op) for op in ("reason", "critique", "refine") for kind in ("op_start", "op_end")],
        ("workflow_end", None),
    ]
    assert told[0]["ops"] == ["reason", "critique", "refine"]
    report = told[-1]["report"]
    assert report["outputs"] == {event["op"]: event["output"] for event in told if event["type"] == "op_end"}
    assert report["final_output"] == told[-2]["output"]
    ends = [event for event in told if event["type"] == "op_end"]
    assert all(event["model"] and event["cost_usd"] > 0 and event["tokens"]["output_tokens"] for event in ends)
    assert {event["id"] for event in told} == {answer["x-gateway-query-id"]}


def test_a_client_that_accepts_only_events_gets_a_stream(gateway):
    answer = run(gateway, {"accept": "text/event-stream"}, input="x", workflow=one("Say it."))
    assert answer["content-type"].startswith("text/event-stream")
    answer = run(gateway, {"accept": "text/event-stream"}, input="x", workflow=one("Say it."), stream=False)
    assert answer["content-type"].startswith("application/json")


def test_branches_run_side_by_side(start):
    """No branch is answered before all three have been asked."""
    all_there = threading.Barrier(3)

    def answer(request, connection):
        if b"join" not in request.body:
            all_there.wait(10)
        connection.sendall(wire.response_bytes())

    gateway = start.gateway(config(backend("haiku", start.upstream(answer).url)))
    ops = {name: {"prompt": f"{name}.", "tier": "fast", "output_ops": ["join"]} for name in "abc"}
    ops["join"] = {"prompt": "join {{a}}, {{b}} and {{c}}.", "tier": "fast"}
    report = run(gateway, input="x", workflow={"start_ops": ["a", "b", "c"], "end_ops": ["join"], "ops": ops}).json()
    assert report["status"] == "completed", report


# --- The provider's prompt cache


# "# Input" and two line ends before it: 40,000 bytes, which the simulator counts as 10,000 tokens.
LONG = ("lorem ipsum " * 4_000)[:39_991]


def siblings(*names, **more):
    ops = {name: {"prompt": f"Look for {name}.", "tier": "fast", "max_tokens": 64} | more for name in names}
    return {"start_ops": list(names), "end_ops": list(names), "ops": ops}


def told_by_op(gateway, workflow, headers=(), **body):
    headers = {"cache-control": "no-store"} | dict(headers)
    answer = run(gateway, headers, workflow=workflow, stream=True, **body)
    told = events(answer.body)
    assert told[-1]["report"]["status"] == "completed", told[-1]
    return {event["op"]: event for event in told if event["type"] == "op_end"}, told[-1]["report"]


def test_siblings_read_a_long_input_from_the_prompt_cache(gateway):
    ends, report = told_by_op(gateway, siblings("facts", "risks"), input=LONG)
    first, second = ends["facts"], ends["risks"]
    assert first["tokens"]["cache_write_5m_tokens"] == 10_000 and first["tokens"]["cache_read_tokens"] == 0
    assert second["tokens"]["cache_read_tokens"] == 10_000 and second["tokens"]["cache_write_5m_tokens"] == 0
    assert report["tokens"]["cache_read_tokens"] == 10_000
    # "\n\n# Task\n\n" and the prompt are 25 bytes. A million tokens are $1 plain, $1.25 written, $0.10 read, $5 answered.
    for end, cached in ((first, 10_000 * 1.25e-6), (second, 10_000 * 0.1e-6)):
        assert end["tokens"]["input_tokens"] == 7
        answered = end["tokens"]["output_tokens"] * 5e-6
        assert end["cost_usd"] == pytest.approx(cached + 7 * 1e-6 + answered, abs=1e-9)
    assert report["total_cost_usd"] == pytest.approx(first["cost_usd"] + second["cost_usd"], abs=1e-9)


def test_a_step_reads_what_the_one_before_it_was_given(gateway):
    ops = {
        "a": {"prompt": "Begin.", "tier": "fast", "max_tokens": 64},
        "b": {"prompt": "Go on.", "tier": "fast", "max_tokens": 64, "input_ops": ["a"]},
        "c": {"prompt": "End.", "tier": "fast", "max_tokens": 64, "input_ops": ["b", "a"]},
    }
    workflow = {"start_ops": ["a"], "end_ops": ["c"], "ops": ops}
    ends, report = told_by_op(gateway, workflow, input="chain " + LONG[6:])
    read = {op: end["tokens"]["cache_read_tokens"] for op, end in ends.items()}
    # b marks the end of what a wrote, too, and c goes on from there: about 4 bytes a token, and "# Output of a".
    assert read["a"] == 0 and read["b"] == 10_000
    assert read["c"] == pytest.approx(10_000 + (len(ends["a"]["output"]) + 17) / 4, abs=1)
    assert report["tokens"]["cache_read_tokens"] == sum(read.values())


def test_siblings_are_asked_as_soon_as_the_first_answer_begins(start):
    """The first answer goes on only when the others have been asked: had they waited for its end, nothing would come."""
    others = threading.Barrier(3)

    def answer(request, connection):
        if not request.json()["stream"]:
            others.wait(10)
            return connection.sendall(wire.response_bytes())
        head, rest = wire.message_stream().split(b"\n\n", 1)
        connection.sendall(wire.STREAM_HEAD + wire.chunk(head + b"\n\n"))
        others.wait(10)
        connection.sendall(wire.chunk(rest) + b"0\r\n\r\n")

    provider = start.upstream(answer)
    gateway = start.gateway(config(backend("haiku", provider.url, "claude-haiku-4-5-20251001", "fast")))
    report = run(gateway, input=LONG, workflow=siblings("a", "b", "c", retries=0)).json()
    assert report["status"] == "completed" and report["outputs"] == {"a": "Hi.", "b": "Hi.", "c": "Hi."}, report
    assert [request.json()["stream"] for request in provider.requests] == [True, False, False]
    marked = [request.json()["messages"][0]["content"] for request in provider.requests]
    assert all(len(content) == 2 and content[0] == marked[0][0] for content in marked)
    assert marked[0][0]["cache_control"] == {"type": "ephemeral"} and marked[0][0]["text"] == "# Input\n\n" + LONG


def test_nothing_is_marked_where_markers_are_switched_off(start):
    provider = start.upstream()
    models = backend("haiku", provider.url, "claude-haiku-4-5-20251001", "fast")
    gateway = start.gateway(config(models, reduction={"cache_control": False}))
    run(gateway, input=LONG, workflow=siblings("a", "b"))
    for request in provider.requests:
        assert isinstance(request.json()["messages"][0]["content"], str) and not request.json()["stream"]


# --- What is wrong with a request


BAD_BODIES = [
    (b"{", "invalid JSON"),
    (b"[]", "JSON"),
    ({"workflow": CHAIN}, "input: Field required"),
    ({"input": 7, "workflow": CHAIN}, "input: expected a string, found a number"),
    ({"input": "x"}, "either workflow or name"),
    ({"input": "x", "workflow": CHAIN, "name": "y"}, "either workflow or name"),
    ({"input": "x", "workflow": 7}, "workflow: expected YAML as a string, or an object, found a number"),
    ({"input": "x", "workflow": CHAIN, "stream": "yes"}, "stream: expected a boolean"),
    ({"input": "x", "workflow": CHAIN, "max_cost_usd": "1"}, "max_cost_usd: expected a number"),
    ({"input": "x", "workflow": CHAIN, "max_cost_usd": -1}, "max_cost_usd: expected a number"),
    ({"input": "x", "workflow": CHAIN, "max_cost": 1}, "unknown fields: max_cost"),
    ({"input": "x", "name": "../config"}, "name: expected"),
    ({"input": "x", "name": "a/b"}, "name: expected"),
    ({"input": "x", "name": ""}, "name: expected"),
    ({"input": "x", "name": "a" * 129}, "name: expected"),
]


@pytest.mark.parametrize("body, said", BAD_BODIES)
def test_a_bad_request_says_what_is_wrong(gateway, body, said):
    answer = wire.ask(gateway.port, "POST", "/v1/workflows", body)
    assert said in wire.assert_error(answer, 400, "invalid_request_error")


BAD_WORKFLOWS = [
    ("", ["ops: there are none"]),
    ("- a", ["expected a mapping of keys to values, got a list"]),
    ("ops: [", ["workflow: line 2: not YAML"]),
    ("ops: {a: {prompt: x}, a: {prompt: y}}", ["given more than once"]),
    ("ops:\n  a:\n    prompt: x\n  b: {prompt: a}\n  a:\n    prompt: y", ["line 5: op a: given more than once; first in line 2"]),
    ("start_ops: [a]\nend_ops: [a]\nops:\n  a: {prompt: x, tier: 9}", ["line 4: ops.a.tier: expected local, fast"]),
    ("start_ops: [a]\nend_ops: [a]\nops:\n  a: {promt: x}", ["line 4: ops.a.promt: unknown key (did you mean prompt?)"]),
    ("start_ops: [a]\nend_ops: [a]\nops:\n  a: {prompt: [x]}", ["ops.a.prompt: expected a text, got a list"]),
    ("start_ops: a\nend_ops: [a]\nops:\n  a: {prompt: x}", ["start_ops: expected a list, got a plain value"]),
    ("start_ops: [a]\nend_ops: [a]\nops:\n  a: {prompt: x, max_tokens: 0, retries: 9}", ["max_tokens", "retries"]),
    ("start_ops: [a]\nend_ops: [a]\nops:\n  a: {prompt: x, temperature: hot}", ["ops.a.temperature"]),
    ("start_ops: [zed]\nops:\n  a: {}", ["3 problems", "start_ops names zed", "end_ops is missing", "op a: its prompt"]),
    (CHAIN.replace("[critique]\n", "[critique, critique]\n"), ["names critique more than once"]),
    (CHAIN.replace("input_ops: [reason]", "input_ops: [reason, refine]"), ["critique → refine → critique"]),
    (CHAIN.replace("reasoning.", "{{refine}}."), ["op critique: its prompt has {{refine}}"]),
    ("a: &a [x, x]\nb: *a", ["anchors and aliases are not taken"]),
    ("x: " + "[" * 5000, ["workflow"]),
    ("? " * 5000, ["workflow"]),
    ("#" * 262_145, ["it has 262145 bytes, at most 262144 may be"]),
]


@pytest.mark.parametrize("workflow, said", BAD_WORKFLOWS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_bad_workflow_says_all_that_is_wrong(gateway, workflow, said, stream):
    before = wire.get_json(gateway.port, "/v1/metrics")["since_start"]["requests"]
    answer = run(gateway, input="x", workflow=workflow, stream=stream)
    message = wire.assert_error(answer, 400, "invalid_request_error")
    assert message.startswith("workflow: ")
    for text in said:
        assert text in message
    assert wire.get_json(gateway.port, "/v1/metrics")["since_start"]["requests"] == before, "nothing was called"


def test_a_json_workflow_has_lines_and_no_second_key(gateway):
    body = b'{"input": "x",\n"workflow": {"ops": {"a": {"prompt": "x",\n"prompt": "y"}}}}'
    answer = wire.ask(gateway.port, "POST", "/v1/workflows", body)
    assert "line 3: prompt: given more than once" in wire.assert_error(answer, 400, "invalid_request_error")


def test_an_alias_bomb_is_refused_at_once(gateway):
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9))
    bomb = f"l0: &l0 [x, x]\n{levels}\n? *l8\n: y"
    began = time.monotonic()
    wire.assert_error(run(gateway, input="x", workflow=bomb), 400, "invalid_request_error")
    assert time.monotonic() - began < 2


def test_other_methods(gateway):
    wire.assert_error(wire.ask(gateway.port, "PUT", "/v1/workflows", {}), 405, "invalid_request_error")


def test_a_key_is_asked_for(start):
    gateway = start.gateway(config(backend("haiku", "http://127.0.0.1:9"), auth={"keys": ["client-key"]}))
    wire.assert_error(run(gateway, input="x", workflow=CHAIN), 401, "authentication_error")
    wire.assert_error(wire.ask(gateway.port, "GET", "/v1/workflows"), 401, "authentication_error")
    assert wire.ask(gateway.port, "GET", "/v1/workflows", headers={"x-api-key": "client-key"}).status == 200


# --- Names


def test_the_built_in_ones_are_there_and_run(gateway):
    listed = wire.get_json(gateway.port, "/v1/workflows")["workflows"]
    assert [entry["name"] for entry in listed] == BUILT_IN
    for entry in listed:
        assert entry["is_built_in"] and "problem" not in entry and entry["description"]
        assert {op["name"] for op in entry["ops"]} >= set(entry["start_ops"]) | set(entry["end_ops"])
        report = run(gateway, input="The sea is deep. It is blue.", name=entry["name"]).json()
        assert report["status"] == "completed" and report["workflow"] == entry["name"], report
        assert set(report["outputs"]) == {op["name"] for op in entry["ops"]} and report["final_output"]


def test_an_unknown_name_is_told_the_known_ones(gateway):
    message = wire.assert_error(run(gateway, input="x", name="nope"), 404, "not_found_error")
    assert "nope" in message
    for name in BUILT_IN:
        assert name in message


def test_files_beside_the_configuration(start):
    directory = start.directory()
    (directory / "workflows").mkdir()
    mine = directory / "workflows" / "mine.yaml"
    mine.write_text("start_ops: [a]\nend_ops: [a]\nops:\n  a: {prompt: Say it., tier: fast}\n")
    (directory / "workflows" / "reason-critique-refine.yaml").write_text("ops: {}\n")
    (directory / "workflows" / ".hidden.yaml").write_text("")
    provider = start.upstream()
    gateway = start.gateway(config(backend("haiku", provider.url)), directory=directory)
    listed = {entry["name"]: entry for entry in wire.get_json(gateway.port, "/v1/workflows")["workflows"]}
    assert set(listed) == {*BUILT_IN, "mine"} and listed["mine"]["is_built_in"] is False
    assert "there are none" in listed["reason-critique-refine"]["problem"], "a file comes before a built-in one"
    assert run(gateway, input="x", name="mine").json()["final_output"] == "Hi."
    message = wire.assert_error(run(gateway, input="x", name="reason-critique-refine"), 400, "invalid_request_error")
    assert message.startswith("workflow reason-critique-refine: ")
    # A file that changes counts at once.
    mine.write_text(mine.read_text().replace("Say it.", "Sing it."))
    run(gateway, input="x", name="mine")
    assert "Sing it." in provider.requests[-1].json()["messages"][0]["content"]


def test_switched_off(start):
    gateway = start.gateway(config(backend("haiku", "http://127.0.0.1:9"), workflows={"enabled": False}))
    assert "workflows.enabled" in wire.assert_error(run(gateway, input="x", workflow=CHAIN), 404, "not_found_error")
    wire.assert_error(wire.ask(gateway.port, "GET", "/v1/workflows"), 404, "not_found_error")


# --- Failures


def test_a_step_that_fails(gateway):
    ops = {
        "a": {"prompt": "Begin.", "tier": "fast"},
        "b": {"prompt": "[[simulate: status=400]]", "tier": "fast", "input_ops": ["a"]},
        "c": {"prompt": "Go on.", "tier": "fast", "input_ops": ["a"]},
        "d": {"prompt": "End.", "tier": "fast", "input_ops": ["b"]},
    }
    answer = run(gateway, input="x", workflow={"start_ops": ["a"], "end_ops": ["c", "d"], "ops": ops})
    message = wire.assert_error(answer, 400, "invalid_request_error")
    assert message.startswith("op b: HTTP 400")
    report = answer.json()
    assert report["status"] == "failed" and set(report["outputs"]) == {"a", "c"} and set(report["errors"]) == {"b", "d"}
    assert report["errors"]["d"] == "not run: its input b has no output"
    assert report["final_output"] == report["outputs"]["c"] and report["total_cost_usd"] > 0


def test_overloads_are_tried_again(start):
    answers = [wire.response_bytes(529, b'{"error":{"message":"busy"}}', {"retry-after": "0"}), wire.response_bytes()]
    provider = start.upstream(lambda request, connection: connection.sendall(answers[min(len(provider.requests), 2) - 1]))
    gateway = start.gateway(config(backend("haiku", provider.url)))
    answer = run(gateway, input="x", workflow=one("Say it."), stream=True)
    told = events(answer.body)
    assert [event["type"] for event in told] == [
        "workflow_start", "op_start", "op_error", "op_start", "op_end", "workflow_end",
    ]
    assert told[2]["error"] == "HTTP 529: busy" and told[2]["retry_ms"] >= 250
    assert told[-1]["report"]["calls"] == 2 and told[-1]["report"]["status"] == "completed"


def test_a_step_that_takes_too_long(gateway):
    answer = run(gateway, input="x", workflow=one("[[simulate: delay=20000]]", timeout_sec=1, retries=0))
    assert "op a: no answer within 1 s" in wire.assert_error(answer, 504, "timeout_error")


def test_a_budget(gateway):
    began = run(gateway, input="x", workflow=CHAIN, max_cost_usd=0)
    assert "op reason: not started: it may cost" in wire.assert_error(began, 400, "invalid_request_error")
    assert began.json()["outputs"] == {} and began.json()["calls"] == 0
    # Enough for the fast op, too little for the balanced ones: 512 tokens of answer there are $0.00768.
    partial = run(gateway, {"cache-control": "no-store"}, input="x", workflow=CHAIN, max_cost_usd=0.0075)
    report = partial.json()
    assert partial.status == 400 and set(report["outputs"]) == {"reason"} and report["total_cost_usd"] <= 0.0075
    assert set(report["errors"]) == {"critique", "refine"}


def test_steps_cannot_be_forged(gateway):
    """Only the gateway itself says that a request is a step."""
    forged = {"x-gateway-workflow": "r", "x-gateway-workflow-run": "r", "workflow_run": "r"}
    answer = wire.messages(gateway.port, wire.prompt("no step"), forged)
    assert answer.status == 200
    detail = wire.get_json(gateway.port, f"/v1/explain/{answer['x-gateway-query-id']}")
    assert detail["summary"].get("workflow") is None


def test_the_provider_is_told_nothing_of_the_run(start):
    provider = start.upstream()
    gateway = start.gateway(config(backend("haiku", provider.url)))
    headers = {"cookie": "secret", "x-gateway-skill-like": "1"}
    report = run(gateway, headers, input="x", name="reason-critique-refine").json()
    assert report["status"] == "failed", "there is one tier alone"
    assert "no backend of tier balanced" in json.dumps(report["errors"])
    (sent,) = provider.requests
    text = repr(sent.headers) + sent.body.decode()
    assert report["id"] not in text and "critique" not in text and "secret" not in text.replace("upstream-secret", "")


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_in_mid_run(start, stream):
    simulator = start.simulator()
    gateway = start.gateway(config(backend("haiku", simulator.url)))
    ops = {name: {"prompt": f"{name} [[simulate: delay=20000]]", "tier": "fast"} for name in "bc"}
    ops["a"] = {"prompt": "Begin.", "tier": "fast", "output_ops": ["b", "c"]}
    ops["d"] = {"prompt": "End.", "tier": "fast", "input_ops": ["b", "c"]}
    body = {"input": "x", "workflow": {"start_ops": ["a"], "end_ops": ["d"], "ops": ops}, "stream": stream}
    with wire.Connection(gateway.port) as client:
        client.request("POST", "/v1/workflows", json.dumps(body).encode())
        wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 2, "b and c are asked for")
    wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 0, "nothing is under way")
    rows = wire.get_json(gateway.port, "/v1/metrics/recent?n=10")["exchanges"]
    assert {row["workflow"]["op"]: row["status"] for row in rows} == {"a": 200, "b": 499, "c": 499}
    assert all(row["usage_is_estimated"] and row["cost_usd"] > 0 for row in rows if row["status"] == 499)


# --- The control socket


@pytest.fixture
def client(gateway):
    client = Client(gateway)
    yield client
    client.close()


def test_on_the_socket(gateway, client):
    assert [entry["name"] for entry in client.call("workflows.list")["workflows"]] == BUILT_IN
    run_id = client.call("workflows.run", input="on the socket", name="reason-critique-refine")["run_id"]
    told = []
    while not told or told[-1]["type"] != "workflow_end":
        told.append(client.notification("workflow.event"))
    assert {event["id"] for event in told} == {run_id}
    assert [event["op"] for event in told if event["type"] == "op_end"] == ["reason", "critique", "refine"]
    report = told[-1]["report"]
    assert report["status"] == "completed" and report["outputs"] == {} and report["final_output"]
    assert len(steps(gateway, run_id)) == 3


def test_a_run_on_the_socket_is_cancelled(gateway, client):
    workflow = json.dumps(one("cancel me [[simulate: delay=20000]]"))
    run_id = client.call("workflows.run", input="x", workflow=workflow)["run_id"]
    wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 1, "it is asked")
    client.call("workflows.cancel", run_id=run_id)
    end = client.notification("workflow.event", lambda event: event["type"] == "workflow_end")
    assert end["report"]["status"] == "cancelled"
    assert wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 0


@pytest.mark.parametrize(
    "parameters, code, said",
    [
        ({"input": "x"}, -32602, "either workflow or name"),
        ({"input": "x", "name": "nope"}, -32004, "reason-critique-refine"),
        ({"input": "x", "workflow": "ops: {}"}, -32602, "there are none"),
        ({"name": "nope"}, -32602, "input"),
    ],
)
def test_a_bad_request_on_the_socket(client, parameters, code, said):
    error = client.ask("workflows.run", **parameters)["error"]
    assert error["code"] == code and said in error["message"]


# --- A real model


def test_on_the_local_model(llm, start):
    free = {"cost_per_1k_in": 0, "cost_per_1k_out": 0}
    home = backend("home", llm.url, "gemma", "local", **free)
    del home["api_key"]
    gateway = start.gateway(config(home))
    ops = {
        "facts": {"prompt": "Name one fact.", "tier": "local", "max_tokens": 16, "output_ops": ["join"]},
        "doubts": {"prompt": "Name one doubt.", "tier": "local", "max_tokens": 16, "output_ops": ["join"]},
        "join": {"prompt": "Write one sentence.", "tier": "local", "max_tokens": 24},
    }
    body = {"input": "The sea", "workflow": {"start_ops": ["facts", "doubts"], "end_ops": ["join"], "ops": ops}}
    answer = wire.ask(gateway.port, "POST", "/v1/workflows", body, seconds=120)
    assert answer.status == 200, answer.body
    report = answer.json()
    assert set(report["outputs"]) == set(ops) and set(report["routing"].values()) == {"gemma"}
    assert report["total_cost_usd"] == 0 and 3 <= report["tokens"]["output_tokens"] <= 56
    assert report["final_output"] == report["outputs"]["join"]
    assert len(steps(gateway, report["id"])) == 3
