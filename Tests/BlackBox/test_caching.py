"""Caches from outside: what outlives a restart, what is shared, what is refused, how they are looked at and emptied."""

import contextlib
import json
import re
import sqlite3
import subprocess
import sys
import time

import pytest

import processes
import wire
from processes import config, backend, wait_until
from redis_server import PROGRAM, Redis, free_port, is_open
from test_routing import MODEL, NEEDS_MODEL, TIERS
from wire import ask, assert_error, get_json, messages, prompt

NEEDS_REDIS = pytest.mark.skipif(PROGRAM is None, reason="there is no redis-server: make setup-tests")
ADMIN = {"x-api-key": "operator-key"}
FIRST = "How do I reset my password?"
SAME = "How can I reset my password?"


def echo(request, connection):
    """Answers with the words of the question, so that nobody's answer can be taken for another's."""
    body = request.json()
    last = body["messages"][-1]["content"]
    text = last if isinstance(last, str) else "".join(block.get("text", "") for block in last)
    answer = {
        "id": "msg_upstream", "type": "message", "role": "assistant", "model": body["model"],
        "content": [{"type": "text", "text": f"Answer to: {text}"}], "stop_reason": "end_turn", "stop_sequence": None,
        "usage": {"input_tokens": 1000, "output_tokens": 100},
    }
    connection.sendall(wire.response_bytes(body=json.dumps(answer).encode()))


def cached(upstream, *, cache=None, **sections):
    kept = {"canary_rate": 0} | (cache or {})
    chosen = {"routing": {"mode": "always"}, "use_haiku_classifier": False, "cache": kept, "auth": {"admin_key": "operator-key"}}
    return config(*(backend(name, upstream.url, model, tier) for name, model, tier in TIERS), **(chosen | sections))


def with_model(**more):
    """The embedding model where it is installed, and patience for a busy machine."""
    return {"embedding": {"path": str(MODEL), "timeout_ms": 20000}} | more


def where(gateway, text, headers=(), **more):
    """Where the answer to a question came from."""
    answer = messages(gateway.port, prompt(text, "auto", **more), headers)
    assert answer.status == 200, answer.body
    assert "Answer to: " in answer.body.decode()
    return answer["x-gateway-cache"]


def stats(gateway):
    answer = ask(gateway.port, "GET", "/admin/cache", headers=ADMIN)
    assert answer.status == 200, answer.body
    return answer.json()


def rows_on_disk(directory):
    """Answers that are committed, by the file itself."""
    for file in directory.rglob("cache.db"):
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            try:
                return database.execute("SELECT count(*) FROM answers").fetchone()[0]
            except sqlite3.OperationalError:
                return 0  # it is just being made
    return 0


def home(gateway, name):
    return next(home for home in stats(gateway)["homes"] if home["name"] == name)


# What is kept


def stopping(reason, sequence):
    """An `answer` for Upstream that ended for a reason, whole and as a stream."""

    def answer(request, connection):
        if request.json().get("stream"):
            stream = wire.message_stream().replace(b"end_turn", reason.encode())
            stream = stream.replace(b'"stop_sequence": null', b'"stop_sequence": ' + json.dumps(sequence).encode())
            connection.sendall(wire.event_stream(stream))
        else:
            body = json.loads(wire.ANSWER) | {"stop_reason": reason, "stop_sequence": sequence}
            connection.sendall(wire.response_bytes(body=json.dumps(body).encode()))

    return answer


def ending(answer):
    """Why an answer ended, by its body or by its stream's last words."""
    if answer["content-type"].startswith("text/event-stream"):
        (end,) = [event for line in wire.data_lines(answer.body) if (event := json.loads(line))["type"] == "message_delta"]
        return end["delta"]["stop_reason"], end["delta"]["stop_sequence"]
    return answer.json()["stop_reason"], answer.json()["stop_sequence"]


@pytest.mark.parametrize("first", [False, True], ids=["whole first", "stream first"])
@pytest.mark.parametrize(
    ("reason", "sequence", "is_kept"),
    [("stop_sequence", "END", True), ("end_turn", None, True), ("max_tokens", None, False)],
)
def test_an_answer_that_ended_as_it_should_is_kept(start, first, reason, sequence, is_kept):
    upstream = start.upstream(stopping(reason, sequence))
    gateway = start.gateway(cached(upstream, escalation={"check": "none"}))
    body = prompt("Count to three, then say END", "auto", stop_sequences=["END"])
    seen = []
    for is_stream in (first, first, not first):
        answer = messages(gateway.port, body | {"stream": is_stream})
        assert answer.status == 200 and ending(answer) == (reason, sequence)
        assert (b"event: message_stop" in answer.body) == is_stream and b"Hi." in answer.body
        seen.append(answer["x-gateway-cache"])
    assert seen == (["none", "exact", "exact"] if is_kept else ["none"] * 3)
    assert len(upstream.requests) == (1 if is_kept else 3)


def test_what_a_stop_sequence_cut_off_is_not_given_to_who_asked_for_another(start):
    upstream = start.upstream(stopping("stop_sequence", "END"))
    gateway = start.gateway(cached(upstream))
    for stops in (["END"], ["STOP"], None):
        more = {"stop_sequences": stops} if stops else {}
        assert messages(gateway.port, prompt("Count to three", "auto", **more))["x-gateway-cache"] == "none"
    assert len(upstream.requests) == 3


# On disk


def test_answers_outlive_a_restart(start):
    upstream, directory = start.upstream(echo), start.directory()
    gateway = start.gateway(cached(upstream), directory=directory)
    assert where(gateway, "What is a tide?") == "none"
    gateway.signal(15)
    assert gateway.wait() == 0
    gateway = start.gateway(cached(upstream), directory=directory)
    answer = messages(gateway.port, prompt("What is a tide?", "auto"))
    assert answer["x-gateway-cache"] == "exact" and int(answer["age"]) >= 0
    assert b"Answer to: What is a tide?" in answer.body and answer.json()["usage"]["input_tokens"] == 1000
    assert answer["x-gateway-cost-usd"] == "0.00"
    assert len(upstream.requests) == 1
    assert home(gateway, "disk")["hits"] == 1


def test_answers_outlive_a_kill_soon_after(start):
    upstream, directory = start.upstream(echo), start.directory()
    gateway = start.gateway(cached(upstream), directory=directory)
    assert where(gateway, "What is a tide?") == "none"
    wait_until(lambda: rows_on_disk(directory) == 1, "the answer is on disk")
    gateway.signal(9)
    gateway.wait()
    gateway = start.gateway(cached(upstream), directory=directory)
    assert where(gateway, "What is a tide?") == "exact"


@NEEDS_MODEL
def test_questions_outlive_a_restart_without_being_embedded_again(start):
    upstream, directory = start.upstream(echo), start.directory()
    gateway = start.gateway(cached(upstream, **with_model()), directory=directory)
    assert where(gateway, FIRST) == "none"
    gateway.signal(15)
    gateway.wait()
    gateway = start.gateway(cached(upstream, **with_model()), directory=directory)
    wait_until(lambda: stats(gateway)["semantic"]["entries"] == 1, "the question is taken up")
    assert get_json(gateway.port, "/health")["embedding"] == "idle"  # nothing was embedded for it
    assert where(gateway, SAME) == "semantic"
    assert len(upstream.requests) == 1


def test_a_damaged_file_is_put_aside_and_said_so(start):
    upstream, directory = start.upstream(echo), start.directory()
    gateway = start.gateway(cached(upstream), directory=directory)
    where(gateway, "What is a tide?")
    gateway.signal(15)
    gateway.wait()
    (file,) = directory.rglob("cache.db")
    file.write_bytes(b"this is no database" * 500)
    gateway = start.gateway(cached(upstream), directory=directory)
    gateway.find(r"cache\.db")
    assert where(gateway, "What is a tide?") == "none"
    assert where(gateway, "What is a tide?") == "exact"
    assert list(directory.rglob("cache.db.damaged*"))


def test_the_file_is_for_its_owner_alone(start):
    directory = start.directory()
    gateway = start.gateway(cached(start.upstream(echo)), directory=directory)
    where(gateway, "What is a tide?")
    (file,) = directory.rglob("cache.db")
    assert file.stat().st_mode & 0o077 == 0 and file.parent.stat().st_mode & 0o077 == 0


def test_without_a_disk_nothing_is_written(start):
    directory = start.directory()
    gateway = start.gateway(cached(start.upstream(echo), cache={"disk": False}), directory=directory)
    where(gateway, "What is a tide?")
    assert where(gateway, "What is a tide?") == "exact"
    assert stats(gateway)["homes"] == [] and not list(directory.rglob("cache.db"))


def test_the_file_lies_beside_the_configured_database(start):
    directory = start.directory()
    place = directory / "kept" / "gateway.db"
    gateway = start.gateway(cached(start.upstream(echo), storage={"path": str(place)}), directory=directory)
    where(gateway, "What is a tide?")
    assert (place.parent / "cache.db").exists()


# In Redis


@pytest.fixture
def redis(tmp_path):
    server = Redis(tmp_path)
    yield server
    server.stop()


def with_redis(server, **more):
    return {"redis_url": server.url} | more


@NEEDS_REDIS
def test_two_gateways_share_answers(start, redis):
    upstream = start.upstream(echo)
    one = start.gateway(cached(upstream, cache=with_redis(redis)))
    other = start.gateway(cached(upstream, cache=with_redis(redis)))
    assert where(one, "What is a tide?") == "none"
    wait_until(lambda: home(one, "redis")["state"] == "ok" and redis.keys("llm-gateway:answer:*"), "it is in Redis")
    assert where(other, "What is a tide?") == "exact"
    assert len(upstream.requests) == 1
    assert get_json(one.port, "/health")["cache"] == "ok"


@NEEDS_REDIS
@NEEDS_MODEL
def test_two_gateways_share_questions_within_a_second(start, redis):
    upstream = start.upstream(echo)
    settings = cached(upstream, cache=with_redis(redis), **with_model())
    one, other = start.gateway(settings), start.gateway(settings)
    assert where(one, FIRST) == "none"
    wait_until(lambda: stats(other)["semantic"]["entries"] == 1, "the other one has the question", 1)
    assert where(other, SAME) == "semantic"
    later = start.gateway(settings)
    wait_until(lambda: stats(later)["semantic"]["entries"] == 1, "one that starts later has it, too")
    assert where(later, SAME) == "semantic"
    assert len(upstream.requests) == 1
    # What one removes the others lose as well.
    assert ask(one.port, "DELETE", "/admin/cache", headers=ADMIN).status == 200
    wait_until(lambda: stats(other)["semantic"]["entries"] == 0, "the other one has lost it")
    assert where(other, FIRST) == "none"


@NEEDS_REDIS
def test_a_password_a_database_and_a_socket(start, tmp_path):
    server = Redis(tmp_path)
    try:
        server.command("CONFIG", "SET", "requirepass", "s3cret")
        server.password = "s3cret"
        upstream = start.upstream(echo)
        by_port = start.gateway(cached(upstream, cache={"redis_url": f"redis://:s3cret@127.0.0.1:{server.port}/3"}))
        by_socket = start.gateway(cached(upstream, cache={"redis_url": f"unix://:s3cret@{server.socket}?db=3"}))
        assert where(by_port, "What is a tide?") == "none"
        wait_until(lambda: "db3" in str(server.command("INFO", "keyspace")), "it is in database 3")
        assert where(by_socket, "What is a tide?") == "exact"
        wrong = start.gateway(cached(upstream, cache={"redis_url": f"redis://:wr0ng@127.0.0.1:{server.port}"}))
        wait_until(lambda: home(wrong, "redis")["state"] == "down", "it is told")
        assert where(wrong, "What is a whale?") == "none"
        for gateway in (by_port, by_socket, wrong):
            assert "s3cret" not in gateway.stderr and "wr0ng" not in gateway.stderr
            assert "wr0ng" not in json.dumps(stats(gateway))
    finally:
        server.stop()


@NEEDS_REDIS
def test_the_variable_names_the_server(start, redis, tmp_path):
    upstream, directory = start.upstream(echo), start.directory()
    gateway = start.gateway(cached(upstream), directory=directory, environment=processes.xdg(directory, REDIS_URL=redis.url))
    where(gateway, "What is a tide?")
    wait_until(lambda: redis.keys("llm-gateway:answer:*"), "it is in Redis")


def timed(gateway, text):
    began = time.monotonic()
    assert where(gateway, text) in ("none", "exact")
    return time.monotonic() - began


@NEEDS_REDIS
def test_redis_that_is_not_there(start, redis):
    redis.stop()
    gateway = start.gateway(cached(start.upstream(echo), cache=with_redis(redis)))
    for number in range(20):
        assert timed(gateway, f"What is tide {number}?") < 1
    assert home(gateway, "redis")["state"] == "down" and home(gateway, "redis")["detail"]
    assert get_json(gateway.port, "/health")["cache"] == "degraded"
    assert get_json(gateway.port, "/ready")["status"] == "ok"
    assert any("redis" in warning for warning in get_json(gateway.port, "/v1/metrics")["warnings"])
    assert where(gateway, "What is tide 1?") == "exact"  # from memory
    redis.start()
    wait_until(lambda: home(gateway, "redis")["state"] == "ok", "it comes back by itself", 20)
    where(gateway, "What is a whale?")
    wait_until(lambda: redis.keys("llm-gateway:answer:*"), "answers go there again")


@NEEDS_REDIS
@pytest.mark.parametrize("how", ["frozen", "asleep"])
def test_redis_that_hangs_holds_nobody_up(start, redis, how):
    gateway = start.gateway(cached(start.upstream(echo), cache=with_redis(redis)))
    where(gateway, "What is a tide?")
    wait_until(lambda: home(gateway, "redis")["state"] == "ok", "it is connected")
    if how == "frozen":
        redis.freeze()
    else:
        subprocess.Popen([sys.executable, "-c", f"""
import socket
socket.create_connection(("127.0.0.1", {redis.port})).sendall(b"*3\\r\\n$5\\r\\nDEBUG\\r\\n$5\\r\\nSLEEP\\r\\n$1\\r\\n3\\r\\n")
"""]).wait()
    times = [timed(gateway, f"What is tide {number}?") for number in range(30)]
    # Five calls that time out, then none waits.
    assert sum(times) < 5, times
    assert home(gateway, "redis")["state"] == "down"
    assert home(gateway, "redis")["timeouts"] >= 5
    if how == "frozen":
        redis.thaw()
    wait_until(lambda: home(gateway, "redis")["state"] == "ok", "it comes back by itself", 20)
    lines = [line for line in gateway.stderr.splitlines() if "Redis" in line]
    assert len(lines) < 8, lines  # a line a change, not one a request


@NEEDS_REDIS
def test_redis_that_is_restarted(start, redis):
    gateway = start.gateway(cached(start.upstream(echo), cache=with_redis(redis)))
    where(gateway, "What is a tide?")
    wait_until(lambda: redis.keys("llm-gateway:answer:*"), "it is in Redis")
    redis.stop()
    assert where(gateway, "What is a whale?") == "none"
    redis.start()
    wait_until(lambda: home(gateway, "redis")["state"] == "ok", "it comes back by itself", 20)
    where(gateway, "What is a shark?")
    wait_until(lambda: redis.keys("llm-gateway:answer:*"), "answers go there again")


@NEEDS_REDIS
@pytest.mark.parametrize("policy", ["allkeys-lru", "noeviction"])
def test_redis_that_is_full(start, tmp_path, policy):
    server = Redis(tmp_path, "--maxmemory", "3mb", "--maxmemory-policy", policy)
    try:
        gateway = start.gateway(cached(start.upstream(echo), cache=with_redis(server)))
        for number in range(60):
            # Hardly to be compressed.
            text = " ".join(f"{(number * 7919 + at) * 2654435761 % 4294967296:x}" for at in range(8_000))
            assert where(gateway, text) == "none"
        assert where(gateway, "What is a tide?") == "none"
        assert where(gateway, "What is a tide?") == "exact"
        if policy == "noeviction":
            wait_until(lambda: home(gateway, "redis")["dropped"] > 0, "what could not be written is counted")
    finally:
        server.stop()


@NEEDS_REDIS
def test_what_somebody_else_wrote_is_no_answer(start, redis):
    upstream = start.upstream(echo)
    one = start.gateway(cached(upstream, cache=with_redis(redis, signing_key="the-gateways-own")))
    where(one, "What is a tide?")
    where(one, "What is a whale?")
    (tide, whale) = wait_until(lambda: (keys := redis.keys("llm-gateway:answer:*")) and len(keys) == 2 and keys, "both are there")
    # One answer under the other's key, a wrong type, and noise.
    value = redis.command("GET", tide.decode())
    assert value
    with_copy = redis.command("RENAME", tide.decode(), whale.decode())
    assert with_copy == "OK"
    redis.command("LPUSH", tide.decode(), "x")
    other = start.gateway(cached(upstream, cache=with_redis(redis, signing_key="the-gateways-own")))
    for text in ("What is a tide?", "What is a whale?"):
        answer = messages(other.port, prompt(text, "auto"))
        assert answer["x-gateway-cache"] == "none" and f"Answer to: {text}".encode() in answer.body
    assert home(other, "redis")["rejected"] >= 1
    # Another signing key: the values are as good as damaged.
    stranger = start.gateway(cached(upstream, cache=with_redis(redis, signing_key="another")))
    assert where(stranger, "What is a whale?") == "none"


# Questions that ask the same


@NEEDS_MODEL
def test_a_rewording_hits_and_a_lookalike_does_not(start):
    upstream = start.upstream(echo)
    gateway = start.gateway(cached(upstream, **with_model()))
    first = messages(gateway.port, prompt(FIRST, "auto"))
    answer = messages(gateway.port, prompt(SAME, "auto"))
    assert answer["x-gateway-cache"] == "semantic" and answer["x-cache"] == "HIT"
    assert answer["x-gateway-cache-match"] == first["x-gateway-query-id"]
    assert float(answer["x-gateway-cache-similarity"]) >= 0.95
    assert answer.json()["id"] != first.json()["id"]
    for other in ("How do I reset your password?", "How do I reset my username?", "How do I not reset my password?"):
        assert where(gateway, other) == "none", other
    assert where(gateway, SAME, system="Answer in French.") == "none"
    assert where(gateway, SAME, {"cache-control": "no-cache"}) == "none"
    row = get_json(gateway.port, f"/v1/explain/{answer['x-gateway-query-id']}")
    assert row["summary"]["cache"] == "semantic"
    assert any("asks the same" in reason for reason in row["decision"]["reasons"])
    assert get_json(gateway.port, "/v1/metrics")["since_start"]["semantic_cache_hits"] == 1


@NEEDS_MODEL
def test_no_client_can_ask_for_less_care(start):
    gateway = start.gateway(cached(start.upstream(echo), cache={"semantic_threshold": 0.999}, **with_model()))
    where(gateway, FIRST)
    for headers in (
        {"x-gateway-semantic-threshold": "0.1"}, {"x-gateway-cache-scope": "global"}, {"x-cache": "HIT"},
        {"cache-control": "only-if-cached"}, {"cache-control": "max-stale=99999"},
    ):
        # The same request again may be answered from the cache, the other question's answer may not be given.
        assert where(gateway, SAME, headers) in ("none", "exact"), headers


@NEEDS_MODEL
def test_a_bad_hit_that_is_reported_is_gone(start):
    gateway = start.gateway(cached(start.upstream(echo), **with_model()))
    where(gateway, FIRST)
    hit = messages(gateway.port, prompt(SAME, "auto"))
    assert hit["x-gateway-cache"] == "semantic"
    report = {"query_id": hit["x-gateway-query-id"], "quality": 0}
    answer = ask(gateway.port, "POST", "/v1/feedback", report, {"content-type": "application/json"})
    assert answer.status == 200 and answer.json()["outcome"] == "evicted"
    assert where(gateway, SAME) == "none"
    assert stats(gateway)["semantic"]["false_hits"] == 1


@NEEDS_MODEL
def test_canaries_are_compared_and_counted(start):
    gateway = start.gateway(cached(start.upstream(echo), cache={"canary_rate": 1}, **with_model()))
    where(gateway, FIRST)
    assert where(gateway, SAME) == "none"
    wait_until(lambda: stats(gateway)["semantic"]["canaries"] == 1, "the two answers are compared")
    text = ask(gateway.port, "GET", "/admin/metrics", headers=ADMIN).body.decode()
    assert "gateway_semantic_cache_canaries_total 1" in text
    assert "gateway_semantic_cache_false_hit_ratio 0.0" in text


def test_without_the_model_words_can_be_compared(start):
    plain = start.gateway(cached(start.upstream(echo)))
    assert "make setup" in stats(plain)["semantic"]["off"]
    jaccard = {"similarity": "jaccard", "similarity_thresh": 0.8}
    gateway = start.gateway(cached(start.upstream(echo), cache=jaccard))
    assert "off" not in stats(gateway)["semantic"]
    assert where(gateway, "Please explain how tides work near the coast") == "none"
    assert where(gateway, "Please explain how tides work near the coast!") == "semantic"
    assert where(gateway, "Please explain how tides work near the 2 coasts") == "none"


# Tenants


KEYS = {"one": {"x-api-key": "key-one"}, "other": {"x-api-key": "key-other"}, "mate": {"x-api-key": "key-mate"}}


@NEEDS_MODEL
@pytest.mark.parametrize(
    "scope, mate, other", [("key", "none", "none"), ("project", "semantic", "none"), ("global", "semantic", "semantic")]
)
def test_scopes(start, scope, mate, other):
    projects = [{"name": "p", "keys": ["key-one", "key-mate"]}, {"name": "q", "keys": ["key-other"]}]
    settings = cached(start.upstream(echo), cache={"scope": scope}, projects=projects, **with_model())
    gateway = start.gateway(settings)
    assert where(gateway, FIRST, KEYS["one"]) == "none"
    assert where(gateway, SAME, KEYS["mate"]) == mate
    assert where(gateway, SAME, KEYS["other"]) == other
    assert where(gateway, FIRST, KEYS["one"]) == "exact"


@pytest.mark.parametrize("model", [pytest.param(True, marks=NEEDS_MODEL), False])
@pytest.mark.parametrize("api", ["anthropic", "openai"])
def test_the_tenancy_kit(start, tmp_path, api, model):
    """Near misses, bad answers and tenants, judged by what the provider saw."""
    kit = processes.SHARED / "kits" / "faults"
    if not kit.exists():
        pytest.skip(f"there is no fault kit in {kit}")
    port, control, leak = (free_port() for _ in range(3))
    command = [sys.executable, str(kit / "faulty_upstream.py"), "--port", str(port), "--ctl-port", str(control)]
    start.adopt(processes.Child("faulty_upstream", command + ["--leak-port", str(leak)]))
    wait_until(lambda: is_open(control), "the faulty provider listens", 10)
    provider = "anthropic" if api == "anthropic" else "openai_compatible"
    settings = {
        "models": [
            {"name": "haiku", "provider": provider, "model": "claude-haiku-4-5", "tier": "fast", "api_key": "upstream",
             "base_url": f"http://127.0.0.1:{port}"},
        ],
        "use_haiku_classifier": False,
        "classifier": {"mode": "rule_based"},  # which spares the long prompts their embeddings
        "cache": {"canary_rate": 0},
        "upstream": {"first_byte_timeout_sec": 6, "idle_timeout_sec": 6, "total_timeout_sec": 8},
        "projects": [{"name": "a", "keys": ["sk-kit-client-key"]}, {"name": "b", "keys": ["sk-kit-client-key-b"]}],
    } | (with_model() if model else {})
    gateway = start.gateway(settings)
    run = subprocess.run(
        [sys.executable, str(kit / "tenancy.py"), "--url", gateway.url, "--ctl", f"http://127.0.0.1:{control}",
         "--api", api, "--cache"],
        capture_output=True, text=True, timeout=280, cwd=tmp_path,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]


# What the operator sees and does


def test_admin_paths_do_not_exist_without_a_key(start):
    gateway = start.gateway(config(backend("haiku", start.upstream(echo).url)))
    for method, path in (("GET", "/admin/cache"), ("DELETE", "/admin/cache"), ("GET", "/admin/metrics")):
        assert ask(gateway.port, method, path).status == 404


def test_admin_paths_need_the_key(start):
    gateway = start.gateway(cached(start.upstream(echo)))
    for headers in ({}, {"x-api-key": "wrong"}, {"authorization": "Bearer wrong"}):
        assert_error(ask(gateway.port, "GET", "/admin/cache", headers=headers), 401, "authentication_error")
    assert ask(gateway.port, "GET", "/admin/cache", headers={"authorization": "Bearer operator-key"}).status == 200
    assert ask(gateway.port, "POST", "/admin/cache", headers=ADMIN).status == 405
    assert ask(gateway.port, "GET", "/admin/unknown", headers=ADMIN).status == 404
    assert_error(ask(gateway.port, "DELETE", "/admin/cache?projct=x", headers=ADMIN), 400, "invalid_request_error")


def test_emptying_by_project_key_and_exchange(start):
    projects = [{"name": "p", "keys": ["key-one"]}, {"name": "q", "keys": ["key-other"]}]
    upstream, directory = start.upstream(echo), start.directory()
    gateway = start.gateway(cached(upstream, projects=projects), directory=directory)

    def fill():
        for name in ("one", "other"):
            where(gateway, "What is a tide?", KEYS[name])
        return [where(gateway, "What is a tide?", KEYS[name]) for name in ("one", "other")]

    def empty(path):
        answer = ask(gateway.port, "DELETE", path, headers=ADMIN)
        assert answer.status == 200, answer.body
        return [where(gateway, "What is a tide?", KEYS[name]) for name in ("one", "other")]

    assert fill() == ["exact", "exact"]
    assert empty("/admin/cache/projects/p") == ["none", "exact"]
    assert empty("/admin/cache?project=q") == ["exact", "none"]
    assert empty("/admin/cache/keys/key-one") == ["none", "exact"]
    exchange = messages(gateway.port, prompt("What is a tide?", "auto"), KEYS["other"])["x-gateway-query-id"]
    assert empty(f"/admin/cache/exchanges/{exchange}") == ["exact", "none"]
    assert empty("/admin/cache") == ["none", "none"]
    answer = ask(gateway.port, "DELETE", "/admin/cache/exchanges/nobody", headers=ADMIN)
    assert_error(answer, 404, "not_found_error")
    # Neither is any of it on disk.
    gateway.signal(15)
    gateway.wait()
    gateway = start.gateway(cached(upstream, projects=projects), directory=directory)
    before = len(upstream.requests)
    ask(gateway.port, "DELETE", "/admin/cache", headers=ADMIN)
    assert where(gateway, "What is a tide?", KEYS["one"]) == "none"
    assert len(upstream.requests) == before + 1


def test_prometheus_text(start):
    gateway = start.gateway(cached(start.upstream(echo)))
    where(gateway, "What is a tide?")
    where(gateway, "What is a tide?")
    answer = ask(gateway.port, "GET", "/admin/metrics", headers=ADMIN)
    assert answer["content-type"].startswith("text/plain; version=0.0.4")
    text = answer.body.decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for line in lines:
        assert re.fullmatch(r'[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9.e+-]+', line), line
    figures = dict(line.rsplit(" ", 1) for line in lines)
    requests = [float(value) for name, value in figures.items() if name.startswith("gateway_requests_total{")]
    assert sum(requests) == 2
    assert figures['gateway_cache_hits_total{kind="exact"}'] == "1"
    assert figures['gateway_cache_entries{home="memory"}'] == "1"
    assert figures['gateway_cache_up{home="disk"}'] == "1"
    assert sum(float(value) for name, value in figures.items() if name.startswith("gateway_cost_usd_total{")) > 0


@NEEDS_MODEL
def test_two_questions_side_by_side(start):
    gateway = start.gateway(cached(start.upstream(echo), **with_model()))

    def compare(a, b):
        answer = ask(gateway.port, "POST", "/admin/cache/compare", {"a": a, "b": b}, ADMIN)
        assert answer.status == 200, answer.body
        return answer.json()

    same = compare(FIRST, SAME)
    assert same["is_hit"] and same["cosine"] > 0.9 and same["refusals"] == []
    other = compare("Convert 5 km to miles", "Convert 50 km to miles")
    assert not other["is_hit"] and any("number" in reason for reason in other["refusals"])
    assert compare("What is the weather in Oslo today?", "What's the weather in Oslo today?")["volatile_word"]
    assert_error(ask(gateway.port, "POST", "/admin/cache/compare", b"{}", ADMIN), 400, "invalid_request_error")
