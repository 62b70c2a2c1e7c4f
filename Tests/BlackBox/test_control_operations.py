"""What the operator asks of the daemon on the control socket: the past, sums of the books, the log, a backend's second chance."""

import json
import time
from decimal import Decimal

import pytest

import wire
from processes import backend, config, wait_until
from test_control import INVALID_PARAMETERS, Client

NOT_FOUND = -32004
DAY = 86_400_000


@pytest.fixture
def client(start):
    gateway = start.gateway()
    client = Client(gateway)
    yield gateway, client
    client.close()


def test_history_counts_what_was_asked(client):
    gateway, front = client
    before = front.call("history.get", seconds=60, points=6)
    assert before["interval_ms"] == 10_000 and before["end_unix_ms"] % 10_000 == 0
    answers = [wire.messages(gateway.port, wire.prompt(f"Question {n}")) for n in range(3)]
    answers.append(wire.messages(gateway.port, wire.prompt("Question 0")))
    assert wire.messages(gateway.port, {"model": 5}).status == 400
    history = front.call("history.get", seconds=600, points=60)
    lists = {name: values for name, values in history.items() if isinstance(values, list)}
    assert {len(values) for values in [*lists.values(), *history["tiers"].values()]} == {60}
    assert history["requests"][0] is None, "the daemon was not there ten minutes ago"

    def total(name):
        return sum(Decimal(str(value)) for value in history[name] if value is not None)

    assert total("requests") == 5
    assert total("errors") == 1
    assert total("cache_hits") == 1 and total("semantic_hits") == total("coalesced") == 0
    assert total("saved_usd") == total("baseline_usd") - total("cost_usd")
    assert sum(value or 0 for values in history["tiers"].values() for value in values) == 4
    assert total("cost_usd") == sum(Decimal(answer["x-gateway-cost-usd"]) for answer in answers)
    assert any(value is not None and value > 0 for value in history["latency_p95_ms"])
    # Fewer points are longer intervals with the same sums.
    whole = front.call("history.get", seconds=86_400, points=10)
    assert whole["interval_ms"] == DAY // 10
    assert sum(value for value in whole["requests"] if value is not None) == 5


@pytest.mark.parametrize("stream", [False, True])
def test_detail_has_the_headers_and_the_answers_beginning(client, stream):
    gateway, front = client
    secret = "sk-ant-this-is-nobodys-business"
    headers = {"x-api-key": secret, "user-agent": "made-up/1.0", "cookie": "a=b", "anthropic-beta": "some-beta"}
    answer = wire.messages(gateway.port, wire.prompt("Tell me of rivers", stream=stream), headers=headers)
    assert answer.status == 200
    if stream:
        events = [json.loads(line) for line in wire.data_lines(answer.body)]
        text = "".join(event["delta"].get("text", "") for event in events if event["type"] == "content_block_delta")
    else:
        text = answer.json()["content"][0]["text"]

    detail = front.call("exchanges.get", query_id=answer["x-gateway-query-id"])
    told = {header["name"]: header["value"] for header in detail["request_headers"]}
    assert told["user-agent"] == "made-up/1.0" and told["anthropic-beta"] == "some-beta"
    assert not {"x-api-key", "cookie"} & told.keys() and secret not in str(detail)
    assert "content-type" in {header["name"] for header in detail["answer_headers"]}
    assert len(detail["answer"]) >= 20 and text.startswith(detail["answer"])
    attempt, = detail["attempts"]
    assert 0 <= attempt["started_ms"] <= detail["summary"]["latency_ms"]


def test_no_text_is_told_where_none_may_be_kept(start):
    upstream = start.upstream(wire.reply_with())
    gateway = start.gateway(config(backend("haiku", upstream.url), log={"prompts": "none"}))
    front = Client(gateway)
    answer = wire.messages(gateway.port, wire.prompt("Tell me of rivers"))
    detail = front.call("exchanges.get", query_id=answer["x-gateway-query-id"])
    assert detail.get("answer") is None and detail["summary"]["prompt"] == ""
    front.close()


def test_older_exchanges_come_from_the_books(client):
    gateway, front = client
    first = wire.messages(gateway.port, wire.prompt("The very first"))["x-gateway-query-id"]
    ids = [wire.messages(gateway.port, wire.prompt("Again"))["x-gateway-query-id"] for _ in range(1_010)]
    newest = front.call("exchanges.list", limit=1_000)["exchanges"]
    assert [row["query_id"] for row in newest] == ids[:9:-1]
    older = front.call("exchanges.list", limit=100, before_unix_ms=newest[-1]["unix_ms"])["exchanges"]
    known = {row["query_id"] for row in newest}
    assert [row["query_id"] for row in older if row["query_id"] not in known] == [*ids[9::-1], first]
    # What the daemon no longer remembers is told as far as the books have it.
    detail = front.call("exchanges.get", query_id=first)
    assert detail["summary"]["prompt"] == "The very first" and detail.get("decision") is None
    assert "explanation is gone" in detail["warnings"][0]
    assert front.ask("exchanges.get", query_id="0123456789abcdef")["error"]["code"] == NOT_FOUND


def test_a_list_is_as_long_as_a_line_may_be(start):
    """Prompts that are kept whole: each answer fits into a line, and the pages have all of them."""
    upstream = start.upstream(wire.reply_with())
    gateway = start.gateway(config(backend("haiku", upstream.url), log={"prompts": "full"}))
    front = Client(gateway)
    text = "\"quoted\"\n" * 1_600
    ids = [wire.messages(gateway.port, wire.prompt(f"{number} {text}"))["x-gateway-query-id"] for number in range(80)]
    known, pages = {}, 0
    request = {"limit": 1_000}
    while True:
        rows = front.call("exchanges.list", **request)["exchanges"]
        assert len(json.dumps({"exchanges": rows}, ensure_ascii=False)) < 1_048_576
        fresh = {row["query_id"]: row for row in rows if row["query_id"] not in known}
        if not fresh:
            break
        known, pages = known | fresh, pages + 1
        request["before_unix_ms"] = min(row["unix_ms"] for row in known.values())
    assert pages > 1 and set(known) == set(ids)
    front.close()


def test_history_outlives_the_daemon(start):
    """The same minutes before a restart and after it, and nothing of them twice."""
    directory, upstream = start.directory(), start.upstream()
    settings = config(backend("haiku", upstream.url, "claude-haiku-4-5-20251001"))
    gateway = start.gateway(settings, directory=directory)
    front = Client(gateway)
    for number in range(5):
        wire.messages(gateway.port, wire.prompt(f"Question {number % 4}"))
    assert wire.messages(gateway.port, {"model": 5}).status == 400
    before = front.call("history.get", seconds=3_600, points=360)
    front.close()
    gateway.end()

    again = start.gateway(settings, directory=directory)
    front = Client(again)

    def intervals(history):
        begin = history["end_unix_ms"] - len(history["requests"]) * history["interval_ms"]
        names = sorted(name for name, values in history.items() if isinstance(values, list))
        tiers = history["tiers"]
        return {
            begin + at * history["interval_ms"]: [history[name][at] for name in names] + [tiers[name][at] for name in sorted(tiers)]
            for at, requests in enumerate(history["requests"]) if requests
        }

    wanted = intervals(before)
    assert sum(value for value in before["requests"] if value is not None) == 6 and len(wanted) in (1, 2)
    wait_until(lambda: intervals(front.call("history.get", seconds=3_600, points=360)) == wanted, "it is filled from the books")
    # What comes now is added to it, and what is not known stays so.
    wire.messages(again.port, wire.prompt("after the restart"))
    after = front.call("history.get", seconds=3_600, points=360)
    assert sum(value for value in after["requests"] if value is not None) == 7
    first = next(at for at, value in enumerate(after["requests"]) if value is not None)
    assert after["requests"][first] > 0 and after["cost_usd"][first - 1] is None
    front.close()


@pytest.mark.parametrize("wrong", [{"seconds": 9, "points": 1}, {"seconds": 60, "points": 0}, {"seconds": 60, "points": 1_441}])
def test_history_out_of_range(client, wrong):
    assert client[1].ask("history.get", **wrong)["error"]["code"] == INVALID_PARAMETERS


def test_usage_is_that_of_the_books(client):
    gateway, front = client
    answers = [wire.messages(gateway.port, wire.prompt(f"Number {n}")) for n in range(4)]

    def usage():
        return front.call("usage.get", by=["day", "project"], since_unix_ms=int(time.time()) * 1_000 - DAY)

    wait_until(lambda: sum(row["totals"]["requests"] for row in usage()["rows"]) == 4, "all rows in the books")
    report = usage()
    assert report["by"] == ["day", "project"]
    assert [row["names"][1] for row in report["rows"]] == ["default"]
    spent = sum(Decimal(str(row["totals"]["cost_usd"])) for row in report["rows"])
    assert spent == sum(Decimal(answer["x-gateway-cost-usd"]) for answer in answers)
    for wrong in (["tier"], ["day", "day"]):
        error = front.ask("usage.get", by=wrong, since_unix_ms=0)["error"]
        assert error["code"] == INVALID_PARAMETERS and "day" in error["message"]


def test_log_comes_with_what_was_before_and_goes_on(client):
    gateway, front = client
    lines = front.call("log.subscribe")["lines"]
    assert any(line["level"] == "notice" and "listens on" in line["text"] for line in lines)
    assert lines == sorted(lines, key=lambda line: line["unix_ms"])
    # A configuration that is read again says so in the log.
    front.ask("config.reload")
    line = front.notification("log.line", lambda line: "configuration" in line["text"])
    assert line["level"] in ("info", "notice", "warning", "error") and line["unix_ms"] > 0


def test_a_breaker_is_closed_by_hand(start):
    upstream = start.upstream(wire.reply_with(500, b'{"type":"error","error":{"type":"api_error","message":"x"}}'))
    # Nothing but a hand brings it back within the test.
    breaker = {"failures": 2, "open_ms": 600_000, "max_open_ms": 600_000}
    gateway = start.gateway(config(backend("only", upstream.url), breaker=breaker, retry={"enabled": False}))
    front = Client(gateway)

    def state():
        return front.call("daemon.status")["backends"][0]["health"]["breaker"]

    for n in range(4):
        wire.messages(gateway.port, wire.prompt(f"Question {n}", model="only"))
    assert state() == "open"
    calls = len(upstream.requests)
    wire.messages(gateway.port, wire.prompt("Held back", model="only"))
    assert len(upstream.requests) == calls
    assert front.call("backends.reset", backend="only") == {}
    assert state() == "closed"
    wire.messages(gateway.port, wire.prompt("Let through", model="only"))
    assert len(upstream.requests) > calls
    error = front.ask("backends.reset", backend="nobody")["error"]
    assert error["code"] == NOT_FOUND and "nobody" in error["message"]
    front.close()


# The prompt tester


def send(front, prompt, **more):
    """Sends a prompt and gives how it ended."""
    number = front.call("prompt.send", prompt=prompt, **more)["send_id"]
    return front.notification("prompt.completed", lambda ended: ended["send_id"] == number)


def test_a_prompt_says_how_it_is_classified(client):
    gateway, front = client
    rules = front.call("route.explain", prompt="Explain how a B-tree splits", classifier_mode="rule_based")
    assert rules["classifier"] == "heuristic"
    # A dry run asks no model; what is sent asks the fast one, and tells what that cost.
    asked = send(front, "Explain how a B-tree splits [[simulate: tokens=5]]", classifier_mode="llm_based")["detail"]
    assert asked["summary"]["classifier"] == "haiku" and Decimal(str(asked["decision"]["classifier_cost_usd"])) > 0
    plain = send(front, "Explain how a B-tree grows [[simulate: tokens=5]]", classifier_mode="rule_based")["detail"]
    assert plain["summary"]["classifier"] == "heuristic" and "classifier_cost_usd" not in plain["decision"]


@pytest.mark.parametrize("method", ["route.explain", "prompt.send"])
def test_a_mode_that_there_is_not_is_refused_by_name(client, method):
    error = client[1].ask(method, prompt="x", classifier_mode="guess")["error"]
    assert error["code"] == INVALID_PARAMETERS
    for word in ("classifier_mode", "rule_based", "hybrid", "llm_based", "guess"):
        assert word in error["message"]
    assert client[1].call("exchanges.list", limit=10)["exchanges"] == []


def test_answers_that_are_compared(client):
    _, front = client
    weak = "Explain how a B-tree merges a node [[simulate: truncate tokens=20]]"
    assert send(front, weak)["detail"]["summary"]["escalations"] > 0, "otherwise a weak answer is asked again"
    numbers = {front.call("prompt.send", prompt=weak, comparison=True, **who)["send_id"]: tier
               for who, tier in (({"tier": "fast"}, "fast"), ({"model": "sonnet"}, "balanced"), ({"tier": "fast"}, "fast"))}
    ended = {}
    for _ in numbers:
        completed = front.notification("prompt.completed")
        ended[completed["send_id"]] = completed["detail"]
    assert ended.keys() == numbers.keys()
    for number, tier in numbers.items():
        summary, quality = ended[number]["summary"], ended[number]["quality"]
        assert summary["tier"] == tier and summary["escalations"] == 0 and summary["cache"] == "none"
        assert quality["is_weak"] is True and 0 <= quality["score"] < 0.5
        assert all(signal["name"] and signal["reason"] for signal in quality["signals"])
        assert front.call("exchanges.get", query_id=summary["query_id"])["quality"] == quality
    # Neither read from the cache nor left in it.
    good = "What is the capital of Chile? [[simulate: tokens=60]]"
    for cache in ("none", "none"):
        assert send(front, good, comparison=True, tier="fast")["detail"]["summary"]["cache"] == cache
    assert send(front, good, tier="fast")["detail"]["summary"]["cache"] == "none"
    assert send(front, good, tier="fast")["detail"]["summary"]["cache"] == "exact"


def test_a_dry_run_of_a_comparison_tells_of_the_model_that_is_named(client):
    _, front = client
    for more, name in (({"model": "opus"}, "opus"), ({"tier": "balanced"}, "sonnet"), ({"model": "haiku"}, "haiku")):
        route = front.call("route.explain", prompt="Hello", comparison=True, **more)
        assert [row["backend"] for row in route["candidates"] if row["is_chosen"]] == [name]


def test_so_many_prompts_at_once(client):
    gateway, front = client
    numbers = [front.call("prompt.send", prompt=f"{n} [[simulate: stall=60000]]", comparison=True)["send_id"] for n in range(8)]
    error = front.ask("prompt.send", prompt="one more")["error"]
    assert "8 prompts" in error["message"]
    front.call("prompt.cancel", send_id=numbers[0])
    front.notification("prompt.completed", lambda ended: ended["send_id"] == numbers[0])
    assert send(front, "there is room again [[simulate: tokens=3]]")["detail"]["summary"]["status"] == 200
    for number in numbers[1:]:
        front.call("prompt.cancel", send_id=number)
    wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 0, "all are broken off")
