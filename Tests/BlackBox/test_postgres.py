"""Exchanges are copied to PostgreSQL, once each, whatever becomes of either side meanwhile."""

import concurrent.futures
import os
import signal
import sqlite3
import threading
from contextlib import closing

import pytest

import postgres_server
import wire
from processes import backend, config, wait_until
from redis_server import free_port

ADMIN = {"x-api-key": "admin-key"}
MODEL = "claude-haiku-4-5-20251001"


@pytest.fixture
def postgres():
    if postgres_server.PROGRAMS is None:
        pytest.skip("there is no PostgreSQL server on this machine")
    server = postgres_server.Postgres()
    yield server
    server.end()


def begin(start, directory, upstream, url, **sections):
    settings = config(backend("haiku", upstream.url, MODEL), auth={"admin_key": "admin-key"}, storage={"database_url": url},
                      **sections)
    return start.gateway(settings, directory=directory)


def ask(gateway, text="Hello"):
    answer = wire.messages(gateway.port, wire.prompt(text))
    assert answer.status == 200
    return answer["x-gateway-query-id"]


def archive(gateway):
    return wire.get_json(gateway.port, "/v1/metrics")["storage"].get("archive", {})


def sent(gateway, count):
    """Waits until so many rows are on disk, and all of them at the server."""
    def is_sent():
        report = wire.get_json(gateway.port, "/v1/metrics")["storage"]
        return report["waiting"] == 0 and report["written"] == count and report.get("archive", {}).get("waiting") == 0
    wait_until(is_sent, "all rows are sent", 30)


def test_the_server_has_what_the_file_has(start, postgres):
    directory, upstream = start.directory(), start.upstream()
    gateway = begin(start, directory, upstream, postgres.url)
    ids = [ask(gateway, "quote ' \\ \" 日本語 $1 ); DROP TABLE exchanges; --") for _ in range(5)]
    assert wire.messages(gateway.port, {"model": 5}).status == 400
    sent(gateway, 6)
    names = "id, unix_ms, project, model, tier, score, status, latency_ms, input_tokens, output_tokens, cost_nanousd, " \
            "saved_nanousd, stream, error, prompt, is_demo"
    with closing(sqlite3.connect(directory / "xs" / "llm-gateway" / "gateway.db")) as db:
        expected = [tuple("" if value is None else value for value in row)
                    for row in db.execute(f"SELECT {names} FROM exchanges ORDER BY id")]
    found = [line.split("|") for line in postgres.query(f"SELECT {names} FROM exchanges ORDER BY id")]
    assert len(found) == 6 and set(ids) < {row[0] for row in found}
    for row, wanted in zip(found, expected, strict=True):
        assert [type(value)(text) for text, value in zip(row, wanted, strict=True)] == list(wanted)
    text = wire.ask(gateway.port, "GET", "/admin/metrics", headers=ADMIN).body.decode()
    assert "gateway_archive_rows_waiting 0" in text and "gateway_archive_rows_lost_total 0" in text
    # A restart sends nothing twice, and goes on.
    gateway.signal(signal.SIGTERM)
    assert gateway.wait() == 0
    gateway = begin(start, directory, upstream, postgres.url)
    ask(gateway)
    sent(gateway, 1)
    assert postgres.query("SELECT count(*), count(DISTINCT id) FROM exchanges") == ["7|7"]
    assert "NOTICE" not in gateway.stderr
    assert postgres_server.PASSWORD not in gateway.stderr + gateway.stdout


def test_a_table_of_an_older_gateway_gets_the_later_columns(start, postgres):
    directory, upstream = start.directory(), start.upstream()
    gateway = begin(start, directory, upstream, postgres.url)
    first = ask(gateway)
    sent(gateway, 1)
    gateway.end()
    columns = ("escalation_nanousd", "cache_check_nanousd", "wrong_hit_nanousd")
    for column in columns:
        postgres.query(f"ALTER TABLE exchanges DROP COLUMN {column}")
    postgres.query("DROP TABLE routing_outcomes, feedback, usage_days; DROP FUNCTION gateway_add_up CASCADE")
    postgres.query("DELETE FROM gateway_migrations WHERE number > 1")
    again = begin(start, directory, upstream, postgres.url)
    second = ask(again, "and after it")
    sent(again, 1)
    rows = postgres.query(f"SELECT id, {' + '.join(columns)} FROM exchanges ORDER BY unix_ms")
    assert rows == [f"{first}|0", f"{second}|0"]
    # What was there is added up once, too.
    assert postgres.query("SELECT sum(requests) FROM usage_days") == ["2"]
    # What the file has is the history, whatever the server has.
    history = wire.ask(again.port, "GET", "/dashboard/api/history?seconds=86400&points=1", headers=ADMIN).json()
    assert history["requests"] == [2]


def test_every_row_is_there_once_after_the_server_was_away(start, postgres):
    directory, upstream = start.directory(), start.upstream()
    gateway = begin(start, directory, upstream, postgres.url)
    acknowledged, is_over, failed = [], threading.Event(), []

    def client():
        while not is_over.is_set():
            try:
                acknowledged.append(ask(gateway))
            except Exception as error:  # noqa: BLE001 - told below
                failed.append(error)
                return

    clients = [threading.Thread(target=client) for _ in range(3)]
    for thread in clients:
        thread.start()
    for _ in range(2):
        before = len(acknowledged)
        wait_until(lambda: len(acknowledged) > before + 40, "requests go on", 20)
        postgres.stop("immediate")
        before = len(acknowledged)
        wait_until(lambda: archive(gateway).get("problem"), "the trouble is told", 20)
        wait_until(lambda: len(acknowledged) > before + 100, "requests go on without it", 20)
        assert archive(gateway)["waiting"] > 0
        postgres.start()
        wait_until(lambda: not archive(gateway).get("problem"), "it is used again", 20)
    is_over.set()
    for thread in clients:
        thread.join(20)
    assert not failed
    sent(gateway, len(acknowledged))
    assert sorted(postgres.query("SELECT id FROM exchanges")) == sorted(acknowledged)
    assert gateway.stderr.count("PostgreSQL (storage.database_url) works again") == 2


def test_what_was_not_sent_before_kill_9_is_sent_after_it(start, postgres):
    directory, upstream = start.directory(), start.upstream()
    gateway = begin(start, directory, upstream, postgres.url)
    ids = [ask(gateway) for _ in range(3)]
    sent(gateway, 3)
    postgres.stop("immediate")
    ids += [ask(gateway) for _ in range(20)]
    wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics")["storage"]["written"] == 23, "the rows are on disk")
    gateway.signal(signal.SIGKILL)
    gateway.wait()
    # As if it had ended between the server's commit and its own note of it.
    with closing(sqlite3.connect(directory / "xs" / "llm-gateway" / "gateway.db")) as db, db:
        assert db.execute("UPDATE sent SET seq = 1").rowcount == 1
    postgres.start()
    gateway = begin(start, directory, upstream, postgres.url)
    sent(gateway, 0)
    assert sorted(postgres.query("SELECT id FROM exchanges")) == sorted(ids)


def test_a_server_that_was_never_there_holds_nothing_up_and_its_password_is_told_to_nobody(start):
    directory, upstream = start.directory(), start.upstream()
    url = f"postgresql://gateway:{postgres_server.PASSWORD}@127.0.0.1:{free_port()}/books"
    gateway = begin(start, directory, upstream, url)
    ask(gateway)
    gateway.find(r"PostgreSQL \(storage\.database_url\): connection to server .* failed: Connection refused")
    assert any("PostgreSQL" in text for text in wire.get_json(gateway.port, "/v1/metrics")["warnings"])
    gateway.signal(signal.SIGTERM)
    assert gateway.wait() == 0
    assert postgres_server.PASSWORD not in gateway.stderr + gateway.stdout
    gateway = begin(start, start.directory(), upstream, f"postgresql://gateway:{postgres_server.PASSWORD}@[::1")
    gateway.find(r"PostgreSQL \(storage\.database_url\): the URL cannot be read")
    ask(gateway)
    assert postgres_server.PASSWORD not in gateway.stderr + gateway.stdout


def test_a_frozen_server_holds_nothing_up(start, postgres):
    directory, upstream = start.directory(), start.upstream()
    gateway = begin(start, directory, upstream, postgres.url)
    ids = [ask(gateway)]
    sent(gateway, 1)
    leader = int((postgres.data / "postmaster.pid").read_text().split()[0])
    children = [int(number) for number in open(f"/proc/{leader}/task/{leader}/children").read().split()]
    for process in (leader, *children):
        os.kill(process, signal.SIGSTOP)
    try:
        ids += [ask(gateway) for _ in range(50)]
        wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics")["storage"]["written"] == 51, "the rows are on disk")
    finally:
        for process in (*children, leader):
            os.kill(process, signal.SIGCONT)
    sent(gateway, 51)
    assert sorted(postgres.query("SELECT id FROM exchanges")) == sorted(ids)


def test_a_frozen_server_holds_no_stop_up(start, postgres):
    directory, upstream = start.directory(), start.upstream()
    gateway = begin(start, directory, upstream, postgres.url)
    ask(gateway)
    sent(gateway, 1)
    leader = int((postgres.data / "postmaster.pid").read_text().split()[0])
    children = [int(number) for number in open(f"/proc/{leader}/task/{leader}/children").read().split()]
    for process in (leader, *children):
        os.kill(process, signal.SIGSTOP)
    try:
        ids = [ask(gateway) for _ in range(5)]
        wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics")["storage"]["written"] == 6, "the rows are on disk")

        def is_asked():
            """Something waits to be read by the server."""
            lines = [line.split() for line in open("/proc/net/tcp").read().splitlines()[1:]]
            return any(int(line[1].split(":")[1], 16) == postgres.port and int(line[4].split(":")[1], 16) for line in lines)
        wait_until(is_asked, "the server has been asked and does not answer")
        gateway.signal(signal.SIGTERM)
        assert gateway.wait(10) == 0
    finally:
        for process in (*children, leader):
            os.kill(process, signal.SIGCONT)
    gateway = begin(start, directory, upstream, postgres.url)
    sent(gateway, 0)
    assert set(ids) < set(postgres.query("SELECT id FROM exchanges"))


def test_keys_are_the_same_for_all_gateways(start, postgres):
    upstream = start.upstream()
    first, second = (begin(start, start.directory(), upstream, postgres.url) for _ in range(2))

    def keys(gateway, method, path="", body=None):
        answer = wire.ask(gateway.port, method, f"/admin/keys{path}", body, ADMIN)
        assert answer.status in (200, 201), answer.body
        return answer.json()

    def status(gateway, key):
        return wire.messages(gateway.port, wire.prompt(), {"x-api-key": key}).status

    # One of each gateway at once: both have both.
    made = [keys(gateway, "POST", body={"name": name, "limits": {"rpm": 500}})["key"]
            for gateway, name in ((first, "ci"), (second, "web"))]
    for gateway in (first, second):
        for key in made:
            wait_until(lambda: status(gateway, key) == 200, "the key holds here, too")
    assert status(first, "gw-nobody") == 401
    listed = {key["name"]: key for key in keys(first, "GET")["keys"]}
    assert {name: key["limits"] for name, key in listed.items()} == {"ci": {"rpm": 500}, "web": {"rpm": 500}}
    # While the server is away each goes on with what it has, and tells the others afterwards.
    postgres.stop()
    keys(second, "DELETE", f"/{listed['ci']['id']}")
    assert status(second, made[0]) == 401 and status(first, made[0]) == 200
    late = keys(first, "POST", body={"name": "late"})["key"]
    assert status(first, late) == 200
    postgres.start()
    wait_until(lambda: status(first, made[0]) == 401, "what was revoked there is revoked here", 30)
    wait_until(lambda: status(second, late) == 200, "what was made meanwhile is known", 30)
    assert status(first, made[1]) == 200


def test_outcomes_and_feedback_are_there_once_each(start, postgres):
    directory, upstream = start.directory(), start.upstream()
    gateway = begin(start, directory, upstream, postgres.url)
    report = {"quality": 0.25}

    def tell(**subject):
        answer = wire.ask(gateway.port, "POST", "/v1/feedback", report | subject)
        assert answer.status == 200, answer.body
        return answer["x-gateway-query-id"]

    routed = [wire.messages(gateway.port, wire.prompt(f"Why {n}?") | {"model": "auto"})["x-gateway-query-id"] for n in range(3)]
    kept = directory / "xs" / "llm-gateway" / "gateway.db"

    def same(count):
        def is_same():
            with closing(sqlite3.connect(kept)) as db:
                ours = [sorted(f"{row[0]}|{row[1]}" for row in db.execute(f"SELECT {names} FROM {table}"))
                        for table, names in columns.items()]
            theirs = [sorted(postgres.query(f"SELECT {names} FROM {table}")) for table, names in columns.items()]
            return ours == theirs and [len(rows) for rows in ours] == count
        wait_until(is_same, "the server has what the file has", 20)
    columns = {"routing_outcomes": "query_id, cost_nanousd", "feedback": "report_id, outcome"}
    reports = [tell(score=20, tier="fast"), tell(score=0.9, tier=2)]
    # A report from the strongest tier tells of no bound: it moves nothing, and is not kept.
    tell(score=50, tier="premium")
    sent(gateway, 3)
    same([3, 2])
    assert sorted(postgres.query("SELECT query_id FROM routing_outcomes")) == sorted(routed)
    rows = postgres.query("SELECT report_id, score, tier, quality FROM feedback ORDER BY unix_ms, score")
    assert rows == [f"{reports[0]}|20|fast|0.25", f"{reports[1]}|90|balanced|0.25"]
    # Away, killed, and not sure what was sent: still once each.
    postgres.stop()
    wire.messages(gateway.port, wire.prompt("And now?") | {"model": "auto"})
    tell(score=30, tier="fast")
    wait_until(lambda: archive(gateway).get("problem"), "the trouble is told", 20)
    gateway.signal(signal.SIGKILL)
    gateway.wait()
    with closing(sqlite3.connect(kept)) as db, db:
        assert db.execute("UPDATE sent SET seq = 0").rowcount == 3
    postgres.start()
    gateway = begin(start, directory, upstream, postgres.url)
    same([4, 3])


def test_usage_of_all_gateways(start, postgres):
    upstream = start.upstream()
    projects = [{"name": "p0"}, {"name": "p1"}]
    gateways = [begin(start, start.directory(), upstream, postgres.url, projects=projects) for _ in range(2)]
    for count, gateway in enumerate(gateways, 1):
        for number in range(2 * count):
            assert wire.messages(gateway.port, wire.prompt(f"{count} {number}"),
                                 {"x-gateway-project": f"p{number % 2}"}).status == 200
        sent(gateway, 2 * count)

    def usage(gateway, query):
        return wire.ask(gateway.port, "GET", f"/admin/usage?{query}", headers=ADMIN)

    mine = [usage(gateway, "by=model").json() for gateway in gateways]
    assert [[row["requests"] for row in answer["usage"]] for answer in mine] == [[2], [4]]
    assert {answer["gateways"] for answer in mine} == {"this"}
    for gateway in gateways:
        answer = usage(gateway, "by=model&gateways=all").json()
        assert answer["gateways"] == "all"
        (row,) = answer["usage"]
        assert row["requests"] == 6 and row["model"] == mine[0]["usage"][0]["model"]
        for name in ("cost_usd", "baseline_usd", "saved_usd"):
            assert row[name] == pytest.approx(sum(answer["usage"][0][name] for answer in mine), abs=1e-12)
        for name in ("input_tokens", "output_tokens"):
            assert row["usage"][name] == sum(answer["usage"][0]["usage"][name] for answer in mine)
        by_project = usage(gateway, "by=day,project&gateways=all").json()["usage"]
        assert {row["project"]: row["requests"] for row in by_project} == {"p0": 3, "p1": 3}
        assert {row["day"] for row in by_project} == {row["day"] for row in usage(gateway, "by=day").json()["usage"]}
    # Who asks at the same time waits a little.
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: usage(gateways[0], "gateways=all").status, range(60)))
    assert answers == [200] * 60
    # Nothing of it is added twice, by whoever it is sent again.
    for gateway in gateways:
        gateway.signal(signal.SIGTERM)
        gateway.wait()
        with closing(sqlite3.connect(gateway.directory / "xs" / "llm-gateway" / "gateway.db")) as db, db:
            db.execute("UPDATE sent SET seq = 0")
    gateway = begin(start, gateways[0].directory, upstream, postgres.url)
    sent(gateway, 0)
    assert [row["requests"] for row in usage(gateway, "by=model&gateways=all").json()["usage"]] == [6]
    refused = wire.assert_error(usage(gateway, "gateways=some"), 400, "invalid_request_error")
    assert refused == 'gateways: expected this or all, found "some"'
    postgres.stop()
    away = usage(gateway, "gateways=all")
    assert away.status == 503 and b"PostgreSQL (storage.database_url)" in away.body
    assert postgres_server.PASSWORD.encode() not in away.body
    assert usage(gateway, "by=model").status == 200
    # Back again, the first question is answered, over a connection that was open before as well.
    for _ in range(2):
        postgres.start()
        assert usage(gateway, "by=model&gateways=all").json()["usage"][0]["requests"] == 6
        postgres.stop()


def test_usage_of_all_gateways_needs_a_server(start):
    gateway = start.gateway(config(backend("haiku", start.upstream().url, MODEL), auth={"admin_key": "admin-key"}))
    answer = wire.ask(gateway.port, "GET", "/admin/usage?gateways=all", headers=ADMIN)
    assert "storage.database_url" in wire.assert_error(answer, 400, "invalid_request_error")
