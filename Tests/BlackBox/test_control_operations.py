"""What the operator asks of the daemon on the control socket: the past, sums of the books, the log, a backend's second chance."""

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
