"""The decision from outside: /route, feedback, projects, the layers that ask somebody, and what of it is paid."""

import json
import time
from pathlib import Path

import pytest

import wire
from processes import USERS_ENVIRONMENT, backend, config, wait_until
from wire import ask, assert_error, get_json, messages, prompt

MODEL = (
    Path(USERS_ENVIRONMENT.get("XDG_DATA_HOME") or Path(USERS_ENVIRONMENT.get("HOME", "/")) / ".local/share")
    / "llm-gateway/models/all-MiniLM-L6-v2"
)
NEEDS_MODEL = pytest.mark.skipif(
    not (MODEL / "model.safetensors").exists(), reason=f"the embedding model is not in {MODEL}: make setup"
)
TIERS = [("quick", "claude-haiku-4-5-20251001", "fast"), ("able", "claude-sonnet-4-6", "balanced"), ("strong", "claude-opus-4-7", "premium")]
EASY = "What is the capital of France?"
HARD = "Prove that every bounded monotone operator on a complete lattice has a least fixed point, and discuss what fails without completeness."


def tiers(upstream, **sections):
    chosen = {"routing": {"mode": "always"}, "use_haiku_classifier": False} | sections
    return config(*(backend(name, upstream.url, model, tier) for name, model, tier in TIERS), **chosen)


def answered(text="Paris.", status=200, **more):
    body = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 1000, "output_tokens": 100} | more,
    }
    return wire.reply_with(status, json.dumps(body).encode())


def route(gateway, query="", headers=(), **body):
    return ask(gateway.port, "POST", "/route" + query, json.dumps(body).encode(), headers)


@pytest.fixture(scope="module")
def standing(start_shared):
    upstream = start_shared.upstream(answered())
    gateway = start_shared.gateway(
        tiers(
            upstream,
            projects=[
                {"name": "web", "keys": ["web-key"], "max_tier": "balanced"},
                {"name": "lab", "keys": [], "min_tier": "premium"},
            ],
            auth={"keys": ["any-key"]},
        )
    )
    return gateway, upstream


@pytest.fixture
def pair(standing):
    standing[1].requests.clear()
    return standing


KEY = {"x-api-key": "any-key"}


# /route


def test_dry_run_says_everything_and_sends_nothing(pair):
    gateway, upstream = pair
    answer = route(gateway, headers=KEY, prompt=EASY, dry_run=True, classifier_mode="rule_based")
    assert answer.status == 200, answer.body
    report = answer.json()
    assert report["dry_run"] is True and "response" not in report
    found = report["classification"]
    assert 0 <= found["score"] <= 100 and 1 <= found["complexity_score"] <= 10 and 0 <= found["confidence"] <= 1
    assert (found["tier"], found["task_type"], found["layer"]) == ("fast", "simple_qa", "heuristic")
    assert found["classifier_mode"] == "rule_based" and found["cost_usd"] == 0
    chosen = report["routing"]
    assert (chosen["model"], chosen["backend"], chosen["tier"]) == ("claude-haiku-4-5-20251001", "quick", "fast")
    assert [step["step"] for step in chosen["reasoning_chain"]] == list(range(1, len(chosen["reasoning_chain"]) + 1))
    assert len(chosen["reasoning_chain"]) >= 5
    costs = report["cost_comparison"]
    assert costs["is_estimate"] and 0 < costs["chosen_cost_usd"] < costs["baseline_cost_usd"]
    assert costs["savings_percent"] == pytest.approx(100 * costs["saved_usd"] / costs["baseline_cost_usd"], abs=0.01)
    assert upstream.requests == []
    assert get_json(gateway.port, "/v1/metrics/recent", KEY)["exchanges"] == []


def test_recent_exchanges_have_their_reasons_and_are_the_projects_own(start):
    projects = [{"name": "web", "keys": ["web-key"]}, {"name": "lab", "keys": ["lab-key"]}]
    gateway = start.gateway(tiers(start.upstream(answered()), projects=projects, auth={"keys": ["any-key"]}))
    web = messages(gateway.port, prompt(EASY, "x"), {"x-api-key": "web-key"})["x-gateway-query-id"]
    messages(gateway.port, prompt("Hello there", "x"), {"x-api-key": "lab-key"})
    rows = get_json(gateway.port, "/v1/metrics/recent", {"x-api-key": "web-key"})["exchanges"]
    assert [row["query_id"] for row in rows] == [web] and len(rows[0]["reasons"]) >= 5
    assert rows[0]["reasons"] == get_json(gateway.port, f"/v1/explain/{web}", KEY)["decision"]["reasons"]
    assert len(get_json(gateway.port, "/v1/metrics/recent", KEY)["exchanges"]) == 2
    assert ask(gateway.port, "GET", f"/v1/explain/{web}", headers={"x-api-key": "lab-key"}).status == 404


def test_hard_prompts_score_higher(pair):
    gateway, _ = pair
    scores = [
        route(gateway, "?dry_run=true&classifier_mode=rule_based", KEY, prompt=text).json()["classification"]["score"]
        for text in (EASY, HARD)
    ]
    assert scores[0] < scores[1]


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"role": "user", "content": EASY}], "system": "Be brief."},
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": EASY}]},
        {"messages": [{"role": "user", "content": EASY}], "tools": [{"type": "function", "function": {"name": "f"}}]},
        {"prompt": EASY, "tools": [{"name": "f", "input_schema": {"type": "object"}}]},
        {"prompt": EASY, "tools": [{"name": "f", "parameters": {"type": "dict"}}], "system": None},
        {"prompt": EASY, "model": "able", "max_tokens": 7, "tier": None, "dry_run": None},
    ],
)
def test_what_route_takes(pair, body):
    gateway, _ = pair
    answer = route(gateway, "?dry_run=1", KEY, **body)
    assert answer.status == 200, answer.body
    assert answer.json()["classification"]["score"] is not None


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": 5}, "prompt"),
        ({"prompt": "x", "messages": []}, "either"),
        ({"messages": {}}, "messages"),
        ({"prompt": "x", "classifier_mode": "magic"}, "classifier_mode"),
        ({"prompt": "x", "tier": "gigantic"}, "tier"),
        ({"prompt": "x", "dry_run": "yes"}, "dry_run"),
        ({"prompt": "x", "max_tokens": 0}, "max_tokens"),
    ],
)
def test_what_route_refuses(pair, body, word):
    gateway, upstream = pair
    answer = route(gateway, headers=KEY, **body)
    assert answer.status in (400, 404) and word in answer.json()["error"]["message"]
    assert upstream.requests == []


def test_route_asks_for_a_key(pair):
    assert_error(route(pair[0], prompt="x", dry_run=True), 401, "authentication_error")


def test_route_answers_and_counts_the_cost(pair):
    gateway, upstream = pair
    answer = route(gateway, headers=KEY, prompt=EASY, classifier_mode="rule_based", max_tokens=50)
    assert answer.status == 200, answer.body
    report = answer.json()
    assert report["response"]["response_text"] == "Paris." and report["response"]["tokens_used"] == 1100
    # 1,000 tokens at $1 and 100 at $5 a million, beside $5 and $25.
    assert report["response"]["cost_usd"] == pytest.approx(0.0015)
    assert report["cost_comparison"]["baseline_cost_usd"] == pytest.approx(0.0075)
    assert report["cost_comparison"]["savings_percent"] == 80
    assert answer["x-gateway-query-id"] == report["request_id"]
    sent = upstream.requests[0]
    assert sent.json()["model"] == "claude-haiku-4-5-20251001" and sent.json()["max_tokens"] == 50
    assert sent["x-gateway-classifier-mode"] is None
    forced = route(gateway, headers=KEY, prompt=EASY, tier="premium").json()
    assert forced["routing"]["backend"] == "strong" and forced["response"]["cost_usd"] == pytest.approx(0.0075)


# Headers


def test_the_mode_can_be_chosen_for_one_request(pair):
    gateway, upstream = pair
    answer = messages(gateway.port, prompt(EASY, "x"), {**KEY, "X-Gateway-Classifier-Mode": "rule_based"})
    assert answer["x-gateway-classifier"] == "heuristic" and upstream.requests[0]["x-gateway-classifier-mode"] is None
    wrong = messages(gateway.port, prompt(EASY, "x"), {**KEY, "X-Gateway-Classifier-Mode": "no"})
    assert "X-Gateway-Classifier-Mode" in assert_error(wrong, 400, "invalid_request_error")


# Projects


def test_a_key_brings_its_projects_bounds(pair):
    gateway, upstream = pair
    answer = messages(gateway.port, prompt(HARD, "x"), {"x-api-key": "web-key"})
    assert answer["x-gateway-tier"] in ("fast", "balanced")
    row = get_json(gateway.port, f"/v1/explain/{answer['x-gateway-query-id']}", KEY)
    assert row["summary"]["project"] == "web"
    assert [c["veto"] for c in row["decision"]["candidates"] if c["tier"] == "premium"] == ["max_tier is balanced"]
    assert_error(messages(gateway.port, prompt("x", "x"), {"x-api-key": "web-key", "X-Gateway-Project": "lab"}), 400, "invalid_request_error")


def test_a_free_key_may_name_a_project(pair):
    gateway, upstream = pair
    answer = messages(gateway.port, prompt(EASY, "x"), {**KEY, "X-Gateway-Project": "lab"})
    assert answer["x-gateway-tier"] == "premium" and upstream.requests[0]["x-gateway-project"] is None
    unknown = messages(gateway.port, prompt(EASY, "x"), {**KEY, "X-Gateway-Project": "nope"})
    # Which projects there are is nobody's to learn by guessing.
    complaint = assert_error(unknown, 400, "invalid_request_error")
    assert "X-Gateway-Project" in complaint and "web" not in complaint and "lab" not in complaint


# Feedback


def test_feedback_by_query_and_by_score(start):
    gateway = start.gateway(tiers(start.upstream(answered())))
    answer = messages(gateway.port, prompt(EASY, "x"))
    by_query = {"query_id": answer["x-gateway-query-id"], "quality": 0.9}
    first = ask(gateway.port, "POST", "/v1/feedback", json.dumps(by_query).encode())
    assert first.status == 200 and first.json()["outcome"] == "counted", first.body
    assert ask(gateway.port, "POST", "/v1/feedback", json.dumps(by_query).encode()).json()["outcome"] == "repeated"
    body = {"score": 0.2, "tier": 1, "quality": 0.9}
    assert ask(gateway.port, "POST", "/v1/feedback", json.dumps(body).encode()).json()["outcome"] == "counted"
    shown = get_json(gateway.port, "/v1/feedback")
    assert shown["project"] == "default" and [t["events"] for t in shown["thresholds"]] == [2, 0]
    assert all(t["prior"] == t["current"] for t in shown["thresholds"])
    back = ask(gateway.port, "DELETE", "/v1/feedback")
    assert back.status == 200 and [t["events"] for t in back.json()["thresholds"]] == [0, 0]


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"quality": 1}, 400, "query_id"),
        ({"query_id": "0000000000000000", "quality": 1}, 404, "0000000000000000"),
        ({"score": 0.2, "tier": 9, "quality": 1}, 400, "tier"),
        ({"score": 0.2, "tier": 1, "quality": 2}, 400, "quality"),
        ({"score": 0.2, "tier": 1}, 400, "quality"),
    ],
)
def test_feedback_that_is_refused(pair, body, status, word):
    answer = ask(pair[0].port, "POST", "/v1/feedback", json.dumps(body).encode(), KEY)
    assert answer.status == status and word in answer.json()["error"]["message"]


def test_feedback_moves_a_bound_and_outlives_the_daemon(start, tmp_path):
    upstream = start.upstream(answered())
    settings = tiers(upstream)
    gateway = start.gateway(settings)
    # Good answers of the fast tier just above its bound: it may take somewhat harder prompts.
    for _ in range(45):
        prior = get_json(gateway.port, "/v1/feedback")["thresholds"][0]
        body = {"score": min(99, prior["current"] + 1), "tier": "fast", "quality": 0}
        ask(gateway.port, "POST", "/v1/feedback", json.dumps(body | {"score": max(2, prior["current"] - 3)}).encode())
    moved = get_json(gateway.port, "/v1/feedback")["thresholds"][0]
    assert moved["events"] >= 30 and moved["current"] < moved["prior"], moved
    assert moved["prior"] - moved["current"] <= 20
    kept = wait_until(lambda: list(Path(gateway.directory).rglob("*threshold*")), "the thresholds are on disk", 15)
    assert kept[0].stat().st_mode & 0o777 == 0o600
    directory = gateway.directory
    gateway.end()
    again = start.gateway(settings, directory=directory)
    assert get_json(again.port, "/v1/feedback")["thresholds"][0]["current"] == moved["current"]


def test_feedback_can_be_switched_off(start):
    gateway = start.gateway(tiers(start.upstream(answered()), learned={"use_feedback": False}))
    answer = ask(gateway.port, "GET", "/v1/feedback")
    assert "use_feedback" in assert_error(answer, 404, "not_found_error")


# The layers that ask somebody


def is_classification(request):
    return "SIMPLE" in request.body.decode() and "MODERATE" in request.body.decode()


def test_a_model_is_asked_and_paid(start):
    def reply(request, connection):
        text = "COMPLEX" if is_classification(request) else "Done."
        answered(text)(request, connection)

    upstream = start.upstream(reply)
    gateway = start.gateway(tiers(upstream, use_haiku_classifier=True, classifier={"mode": "llm_based"}))
    answer = messages(gateway.port, prompt("Tidy up the second paragraph, please, as we said.", "x"))
    assert (answer["x-gateway-classifier"], answer["x-gateway-tier"]) == ("haiku", "premium")
    asked, sent = upstream.requests
    assert asked.json()["model"] == "claude-haiku-4-5-20251001" and sent.json()["model"] == "claude-opus-4-7"
    detail = get_json(gateway.port, f"/v1/explain/{answer['x-gateway-query-id']}")
    # Haiku reads 1,000 tokens for the label and writes 100: $0.0015, on top of opus' $0.0075.
    assert detail["decision"]["classifier_cost_usd"] == pytest.approx(0.0015)
    assert detail["summary"]["saved_usd"] == pytest.approx(-0.0015)
    assert get_json(gateway.port, "/v1/metrics")["since_start"]["cost_usd"] == pytest.approx(0.009)
    dry = route(gateway, prompt="Something else entirely", dry_run=True)
    assert dry.json()["classification"]["layer"] == "heuristic" and len(upstream.requests) == 2


def test_a_silent_model_holds_nobody_up(start):
    def reply(request, connection):
        if is_classification(request):
            time.sleep(3)
        answered("Done.")(request, connection)

    upstream = start.upstream(reply)
    gateway = start.gateway(
        tiers(upstream, use_haiku_classifier=True, classifier={"mode": "llm_based", "model_timeout_ms": 200})
    )
    started = time.monotonic()
    answer = messages(gateway.port, prompt("Tidy up the second paragraph, please.", "x"))
    assert answer.status == 200 and answer["x-gateway-classifier"] == "heuristic"
    assert time.monotonic() - started < 2.5


def test_a_sidecar_is_asked(start):
    def score(request, connection):
        wire.reply_with(200, b'{"score": 1.0}')(request, connection)

    upstream, sidecar = start.upstream(answered()), start.upstream(score)
    gateway = start.gateway(
        tiers(upstream, learned={"sidecar_url": f"{sidecar.url}/classify", "sidecar_weight": 1}, classifier={"mode": "hybrid"})
    )
    answer = messages(gateway.port, prompt("Tidy up the second paragraph, please.", "x"))
    assert (answer["x-gateway-classifier"], answer["x-gateway-score"]) == ("sidecar", "100")
    assert sidecar.requests[0].json()["prompt"] == "Tidy up the second paragraph, please."
    sidecar.close() if hasattr(sidecar, "close") else None


@NEEDS_MODEL
def test_shadow_pairs_are_paid_and_shown(start):
    def reply(request, connection):
        answered("7" if "grade answers" in request.body.decode() else "Done.")(request, connection)

    upstream = start.upstream(reply)
    embedding = {"path": str(MODEL), "timeout_ms": 20000}
    gateway = start.gateway(tiers(upstream, learned={"shadow_rate": 1}, embedding=embedding))
    answer = messages(gateway.port, prompt(EASY, "x"))
    assert answer["x-gateway-tier"] == "fast"
    totals = wait_until(
        lambda: (t := get_json(gateway.port, "/v1/metrics")["since_start"])["cost_usd"] > 0.0055 and t,
        "the other tier's answer and the judge are paid",
    )
    # The client's own $0.0015, and $0.0045 for the balanced tier's answer.
    assert totals["overhead_usd"]["shadow"] == pytest.approx(0.0045)
    assert {r.json()["model"] for r in upstream.requests} >= {"claude-haiku-4-5-20251001", "claude-sonnet-4-6"}


# Conversations


def test_a_tool_loop_keeps_its_users_turns_tier(start):
    def reply(request, connection):
        answered("Done.")(request, connection)

    upstream = start.upstream(reply)
    gateway = start.gateway(tiers(upstream))
    tools = [{"name": "read", "description": "d", "input_schema": {"type": "object"}}]
    turn = [{"role": "user", "content": HARD}]
    first = messages(gateway.port, prompt("", "x", messages=turn, tools=tools))
    turn += [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "read", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}]},
    ]
    second = messages(gateway.port, prompt("", "x", messages=turn, tools=tools))
    assert second["x-gateway-tier"] == first["x-gateway-tier"]
    reasons = get_json(gateway.port, f"/v1/explain/{second['x-gateway-query-id']}")["decision"]["reasons"]
    assert any("tool loop" in reason for reason in reasons)


def test_side_queries_pass_as_they_are(start):
    upstream = start.upstream(answered())
    gateway = start.gateway(tiers(upstream))
    answer = messages(gateway.port, prompt("quota", "claude-opus-4-7", max_tokens=1))
    assert answer["x-gateway-model"] == "claude-opus-4-7" and answer["x-gateway-classifier"] == "n/a"


# Embeddings


def test_without_the_embedding_model_every_surface_says_so(start):
    gateway = start.gateway(tiers(start.upstream(answered())))
    assert get_json(gateway.port, "/health")["embedding"] == "off"
    assert any("embedding" in text for text in get_json(gateway.port, "/v1/metrics")["warnings"])
    gateway.find(r"without embeddings.*make setup")
    answer = messages(gateway.port, prompt("Tidy up the second paragraph, please.", "x"))
    reasons = get_json(gateway.port, f"/v1/explain/{answer['x-gateway-query-id']}")["decision"]["reasons"]
    assert any("Without the text's embedding" in reason for reason in reasons)


@NEEDS_MODEL
def test_with_the_embedding_model(start):
    gateway = start.gateway(tiers(start.upstream(answered()), embedding={"path": str(MODEL), "timeout_ms": 20000}))
    assert get_json(gateway.port, "/health")["embedding"] == "idle"
    answer = messages(gateway.port, prompt("Tidy up the second paragraph, please.", "x"))
    assert answer["x-gateway-classifier"] == "embedding"
    assert get_json(gateway.port, "/health")["embedding"] == "ready"


@NEEDS_MODEL
def test_examples_of_ones_own(start, tmp_path):
    examples = tmp_path / "examples.jsonl"
    examples.write_text(json.dumps({"prompt": "Tidy up the second paragraph, please.", "tier": "premium"}) + "\n")
    settings = tiers(
        start.upstream(answered()), embedding={"path": str(MODEL), "timeout_ms": 20000}, classifier={"examples_file": str(examples)}
    )
    gateway = start.gateway(settings)
    text = "Please tidy up the second paragraph."

    def routed():
        answer = messages(gateway.port, prompt(text, "x"))
        return answer if answer["x-gateway-tier"] == "premium" else None

    answer = wait_until(routed, "the examples are embedded")
    reasons = get_json(gateway.port, f"/v1/explain/{answer['x-gateway-query-id']}")["decision"]["reasons"]
    assert any("example in line 1" in reason for reason in reasons)
    examples.write_text('{"prompt": "x"}\n')
    broken = start.gateway(settings, wait=False)
    assert broken.wait() == 2 and "line 1" in broken.stderr
