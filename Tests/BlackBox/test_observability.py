"""What the gateway tells of itself: metrics that agree with the requests made, the access log, logs without secrets."""

import json
import re
import socket
import threading
import time
from decimal import Decimal

import pytest
from prometheus_client.parser import text_string_to_metric_families

import wire
from processes import REPOSITORY, backend, config, wait_until, xdg
from test_control import Client

ADMIN = {"x-api-key": "admin-key"}
MODEL = "claude-haiku-4-5-20251001"
ANSWER = (
    b'{"id":"msg_t","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi."}],'
    b'"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":3,'
    b'"cache_read_input_tokens":20,"cache_creation_input_tokens":7}}'
)


def settings(*models, **sections):
    return config(*models, **({"auth": {"admin_key": "admin-key"}} | sections))


def figures(gateway):
    """Every sample of /admin/metrics as {(name, labels): text}, and the types by name. The parser is Prometheus' own."""
    answer = wire.ask(gateway.port, "GET", "/admin/metrics", headers=ADMIN)
    assert answer.status == 200
    text = answer.body.decode()
    families = list(text_string_to_metric_families(text))
    types = dict(line.split()[2:4] for line in text.splitlines() if line.startswith("# TYPE "))
    assert {family.type for family in families} <= {"counter", "gauge", "histogram"}
    parsed = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    # The parser saw every line, and none twice.
    assert len(parsed) == len(lines)
    exact = {line.rsplit(" ", 1)[0]: line.rsplit(" ", 1)[1] for line in lines}
    return parsed, types, exact


def value(parsed, name, **labels):
    return parsed[name, tuple(sorted(labels.items()))]


def summed(parsed, name, **labels):
    return sum(
        number for (found, has), number in parsed.items() if found == name and labels.items() <= dict(has).items()
    )


def test_every_answer_is_counted_by_its_status(start):
    auth = {"admin_key": "admin-key", "keys": ["sk-a"]}
    gateway = start.gateway(settings(backend("haiku", "http://127.0.0.1:9"), auth=auth))
    assert wire.messages(gateway.port, wire.prompt("Hello")).status == 401
    assert wire.ask(gateway.port, "GET", "/nowhere").status == 404
    assert wire.ask(gateway.port, "GET", "/live").status == 200
    with socket.create_connection(("127.0.0.1", gateway.port), 5) as connection:
        connection.sendall(b"NOT HTTP\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 400 ")
    # A body that ends early is refused as well, whether or not its client still reads.
    with socket.create_connection(("127.0.0.1", gateway.port), 5) as connection:
        connection.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{")
    wait_until(lambda: value(figures(gateway)[0], "gateway_http_connections") == 1, "only the question is open")

    parsed = figures(gateway)[0]
    assert value(parsed, "gateway_http_responses_total", status="401") == 1
    assert value(parsed, "gateway_http_responses_total", status="404") == 1
    assert value(parsed, "gateway_http_responses_total", status="400") == 2
    # `/live`, and the pages of figures before this one.
    assert value(parsed, "gateway_http_responses_total", status="200") >= 2
    # Of these only the one that was to be sent on is an exchange.
    assert summed(parsed, "gateway_requests_total") == value(
        parsed, "gateway_requests_total", provider="none", model="none", status="401"
    )


def test_metrics_agree_with_the_requests(start):
    upstream = start.upstream(lambda request, connection: connection.sendall(reply(request)))

    def reply(request):
        if b"fail" in request.body:
            return wire.response_bytes(500, b'{"type":"error","error":{"type":"api_error","message":"x"}}')
        if request.json().get("stream"):
            return wire.event_stream(wire.message_stream())
        return wire.response_bytes(body=ANSWER)

    models = [backend("haiku", upstream.url, MODEL), backend("own", upstream.url, "my-model")]
    gateway = start.gateway(settings(*models, cache={"enabled": True, "use_semantic_cache": False}))
    answers = [wire.messages(gateway.port, wire.prompt(f"Question {number}")) for number in range(5)]
    answers += [wire.messages(gateway.port, wire.prompt("Question 0"))]
    stream = wire.messages(gateway.port, wire.prompt("A stream", stream=True))
    failed = [wire.messages(gateway.port, wire.prompt("fail", model="own")) for _ in range(2)]
    refused = wire.messages(gateway.port, {"model": 5})
    assert [a.status for a in [*answers, stream, *failed, refused]] == [200] * 7 + [500] * 2 + [400]

    parsed, types, exact = figures(gateway)
    labels = {"provider": "anthropic", "model": MODEL}
    assert value(parsed, "gateway_requests_total", **labels, status="200") == 7
    assert value(parsed, "gateway_requests_total", provider="anthropic", model="my-model", status="500") == 2
    assert value(parsed, "gateway_requests_total", provider="none", model="none", status="400") == 1
    assert summed(parsed, "gateway_requests_total") == 10
    assert value(parsed, "gateway_errors_total", reason="provider_error") == 2
    assert value(parsed, "gateway_errors_total", reason="invalid_request") == 1
    # Five answers of 10, 3, 20 and 7 tokens, and a stream of 10 and 3; the sixth came from the cache.
    for direction, tokens in (("input", 60), ("output", 18), ("cache_read", 100), ("cache_write", 35)):
        assert value(parsed, "gateway_tokens_total", **labels, direction=direction) == tokens
    assert value(parsed, "gateway_cache_hits_total", kind="exact") == 1
    # Money to the last digit: what the headers said, what the stream's record says, what the ledger has.
    row = wire.get_json(gateway.port, f"/v1/explain/{stream['x-gateway-query-id']}")["summary"]
    text = wire.ask(gateway.port, "GET", "/v1/metrics").body.decode()
    ledger = json.loads(text, parse_float=Decimal)["since_start"]
    cost = sum(Decimal(answer["x-gateway-cost-usd"]) for answer in answers) + Decimal(str(row["cost_usd"]))
    written = Decimal(exact[f'gateway_cost_usd_total{{provider="anthropic",model="{MODEL}"}}'])
    assert written == cost == ledger["cost_usd"] > 0
    assert Decimal(exact["gateway_saved_usd_total"]) == ledger["saved_usd"]
    # Histograms: as many as requests, never falling, the last bucket is all of them.
    for name in ("gateway_latency_seconds", "gateway_time_to_first_byte_seconds"):
        assert types[name] == "histogram"
        assert value(parsed, f"{name}_count", **labels) == 7
        assert summed(parsed, f"{name}_count") == 10
        buckets = sorted(
            (float(dict(has)["le"]), count)
            for (found, has), count in parsed.items()
            if found == f"{name}_bucket" and dict(has)["model"] == MODEL
        )
        counts = [count for _, count in buckets]
        assert counts == sorted(counts) and buckets[-1] == (float("inf"), 7)
        assert buckets[0][0] == 0.005 and buckets[-2][0] == 120
    assert value(parsed, "gateway_overhead_seconds_count") == 9
    assert 0 < value(parsed, "gateway_overhead_seconds_sum") < value(parsed, "gateway_latency_seconds_sum", **labels) * 10
    assert types["gateway_saved_usd_total"] == "gauge" and types["gateway_cost_usd_total"] == "counter"
    assert value(parsed, "process_resident_memory_bytes") > 5e6
    assert abs(value(parsed, "process_start_time_seconds") - time.time()) < 120
    assert abs(value(parsed, "gateway_in_flight")) == 0


def test_names_that_clients_think_of_make_no_series(start):
    upstream = start.upstream(wire.reply_with(body=ANSWER))
    gateway = start.gateway(settings(backend("haiku", upstream.url, MODEL)))
    with wire.Connection(gateway.port) as connection:
        for number in range(10_000):
            # Such names are passed on to the provider of the configured Claude models.
            body = json.dumps(wire.prompt(model=f"claude-thought-of-{number}" if number % 2 else f"no-such-{number}"))
            answer = connection.ask("POST", "/v1/messages", body.encode(), {"content-type": "application/json"})
            assert answer.status == (200 if number % 2 else 404)
    parsed, _, exact = figures(gateway)
    requests = {name: number for name, number in exact.items() if name.startswith("gateway_requests_total{")}
    assert requests == {
        'gateway_requests_total{provider="anthropic",model="other",status="200"}': "5000",
        'gateway_requests_total{provider="none",model="none",status="404"}': "5000",
    }
    assert len(parsed) < 300
    assert "thought-of" not in json.dumps(exact)


def documented():
    """The names of docs/observability.md with their types, and those that are only there at times."""
    rows = re.findall(r"^\| `([a-z_]+)`( °)? \| (counter|gauge|histogram) \|", read("docs/observability.md"), re.M)
    return {name: kind for name, _, kind in rows}, {name for name, mark, _ in rows if mark}


def read(path):
    return (REPOSITORY / path).read_text()


def test_the_documentation_names_what_is_served(start):
    upstream = start.upstream(wire.reply_with(body=ANSWER))
    project = {"name": "web", "keys": ["web-key"], "budget": {"usd_per_day": 1}}
    gateway = start.gateway(settings(
        backend("haiku", upstream.url, MODEL),
        auth={"admin_key": "admin-key", "keys": ["client-key"]},
        cache={"enabled": True, "similarity": "jaccard"},
        projects=[project],
    ))
    key = {"x-api-key": "web-key"}
    assert wire.messages(gateway.port, wire.prompt(), key).status == 200
    assert wire.messages(gateway.port, {"model": 5}, key).status == 400
    types = figures(gateway)[1]
    told, at_times = documented()
    assert types.items() <= told.items()
    # What is not there is marked as such, and of that only what this gateway does not do.
    missing = set(told) - set(types)
    assert missing <= at_times
    assert {re.sub(r"_(rows|signals|false).*", "", name) for name in missing} <= {
        "gateway_archive", "gateway_escalation", "gateway_storage_answers_unconfirmed_total", "gateway_semantic_cache", "gateway_semantic_cache_refusals_total",
    }, missing


def test_the_endpoint_can_be_switched_off(start):
    upstream = start.upstream()
    directory = start.directory()
    off = start.gateway(
        settings(backend("haiku", upstream.url)), directory=directory, environment=xdg(directory, PROMETHEUS_ENABLED=0)
    )
    assert wire.ask(off.port, "GET", "/admin/metrics", headers=ADMIN).status == 404
    assert "without effect" not in off.stderr
    on = start.gateway(settings(backend("haiku", upstream.url)))
    assert wire.ask(on.port, "GET", "/admin/metrics", headers=ADMIN).status == 200
    assert wire.ask(on.port, "GET", "/admin/metrics").status == 401
    by_file = start.gateway(settings(backend("haiku", upstream.url), metrics={"prometheus": False}))
    assert wire.ask(by_file.port, "GET", "/admin/metrics", headers=ADMIN).status == 404


def lines_of(path, count):
    """The access log's lines once there are so many."""
    wait_until(lambda: path.exists() and path.read_text().count("\n") >= count, f"{count} lines in {path}")
    return path.read_text().splitlines()


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_access_log_has_a_line_for_each_request(start, form):
    upstream = start.upstream(wire.reply_by_path)
    directory = start.directory()
    path = directory / "access.log"
    gateway = start.gateway(
        settings(backend("haiku", upstream.url, MODEL), log={"access": form, "access_path": str(path)}),
        directory=directory,
    )
    answer = wire.messages(gateway.port, wire.prompt("a secret question"), target="/v1/messages?key=in-the-query")
    stream = wire.messages(gateway.port, wire.prompt(stream=True))
    assert wire.ask(gateway.port, "GET", "/live").status == 200
    assert wire.ask(gateway.port, "GET", "/%0A%1B%5B31m").status == 404
    lines = lines_of(path, 4)
    assert len(lines) == 4 and "secret" not in "".join(lines) and "in-the-query" not in "".join(lines)
    if form == "text":
        assert re.match(r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z remote_addr=127\.0\.0\.1 method=POST ", lines[0])
        rows = [dict(re.findall(r'(\w+)=("[^"]*"|\S+)', line)) for line in lines]
        rows = [{name: text.strip('"') for name, text in row.items()} for row in rows]
    else:
        rows = [json.loads(line) for line in lines]
    first = {name: str(text) for name, text in rows[0].items()}
    assert (first["path"], first["status"], first["bytes"]) == ("/v1/messages", "200", str(len(answer.body)))
    assert first["query_id"] == answer["x-gateway-query-id"]
    assert (first["requested_model"], first["model"], first["provider"]) == ("haiku", MODEL, "anthropic")
    assert (first["input_tokens"], first["output_tokens"], first["cache"]) == ("10", "3", "none")
    if form == "text":
        assert first["cost_usd"] == answer["x-gateway-cost-usd"]
    assert (first["project"], first["escalations"]) == ("default", "0")
    assert 0 <= float(first["first_byte_ms"]) <= float(first["duration_ms"]) < 15_000
    assert int(rows[1]["bytes"]) == len(stream.body) and str(rows[1]["output_tokens"]) == "3"
    assert rows[2]["path"] == "/live" and "model" not in rows[2]
    assert int(rows[3]["status"]) == 404
    parsed = figures(gateway)[0]
    assert value(parsed, "gateway_access_log_lines_total") >= 4
    assert value(parsed, "gateway_access_log_lines_dropped_total") == 0
    # The fields that the documentation names are those that are there.
    section = read("docs/observability.md").split("## The access log")[1].split("## The log")[0]
    named = {name for row in re.findall(r"^\| (`.*?) \|", section, re.M) for name in re.findall(r"`(\w+)`", row)}
    assert set(first) <= named and named - set(first) <= {"request_id"}


def test_the_access_log_tells_of_clients_that_leave(start):
    upstream = start.upstream(lambda request, connection: connection.sendall(wire.STREAM_HEAD + wire.chunk(
        wire.stream_start())) or time.sleep(3) or False)
    directory = start.directory()
    path = directory / "access.log"
    gateway = start.gateway(
        settings(backend("haiku", upstream.url, MODEL), log={"access": "json", "access_path": str(path)}),
        directory=directory,
    )
    connection = wire.Connection(gateway.port)
    connection.request("POST", "/v1/messages", json.dumps(wire.prompt(stream=True)).encode())
    assert connection.head().status == 200
    connection.close()
    (line,) = lines_of(path, 1)
    row = json.loads(line)
    assert row["status"] == 499 and row["model"] == MODEL and row["input_tokens"] > 0


def test_the_access_log_of_standard_error_and_its_place(start):
    upstream = start.upstream()
    gateway = start.gateway(settings(backend("haiku", upstream.url), log={"access": "text"}))
    wire.messages(gateway.port, wire.prompt())
    gateway.find(r"time=\S+ remote_addr=127\.0\.0\.1 method=POST path=/v1/messages status=200 ")
    nowhere = start.gateway(
        settings(backend("haiku", upstream.url), log={"access": "text", "access_path": "/nowhere/x.log"}), wait=False
    )
    assert nowhere.wait() == 2
    assert "log.access_path" in nowhere.stderr and "/nowhere/x.log" in nowhere.stderr


SECRETS = {
    "upstream": "sk-ant-canary-upstream-0001",
    "client": "canary-client-key-0002",
    "project": "canary-project-key-0003",
    "wrong": "canary-wrong-key-0004",
    "admin": "canary-admin-key-0005",
}
PROMPT = "canary-prompt-text-0006"


def collect(front, frames):
    """Everything that the socket brings, until it is closed."""
    while True:
        try:
            frames.append(front.reader.line())
        except (OSError, wire.Closed):
            return


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_and_no_prompt_is_told(start, form):
    """Keys in every place that a request has, providers that repeat them, prompts in good and in broken requests."""
    echo = {"mode": "good"}

    def answer(request, connection):
        key = request["x-api-key"] or request["authorization"] or ""
        words = f"no: {key} {request.body[:2000].decode(errors='replace')}"
        error = {"type": "error", "error": {"type": "api_error", "message": words}}
        if echo["mode"] == "good":
            return wire.reply_by_path(request, connection)
        if echo["mode"] == "stream":
            tail = wire.event("error", error=error["error"])
            return connection.sendall(wire.event_stream(wire.stream_start() + tail))
        if echo["mode"] == "words":
            return connection.sendall(wire.response_bytes(body=words.encode(), headers={"content-type": "text/html"}))
        if echo["mode"] == "broken":
            connection.sendall(b"HTTP/1.1 200 X\r\n" + words.encode() + b"\r\n\r\n")
            return False
        connection.sendall(wire.response_bytes(echo["mode"], json.dumps(error).encode()))

    upstream = start.upstream(answer)
    directory = start.directory()
    access = directory / "access.log"
    gateway = start.gateway(
        settings(
            backend("haiku", upstream.url, MODEL, api_key=SECRETS["upstream"]),
            backend("o", upstream.url, provider="openai_compatible", api_key=SECRETS["upstream"]),
            auth={"admin_key": SECRETS["admin"], "keys": [SECRETS["client"]]},
            projects=[{"name": "web", "keys": [SECRETS["project"]]}],
            log={"prompts": "none", "format": form, "access": form, "access_path": str(access)},
            retry={"enabled": True, "base_ms": 1},
            coalesce={"enabled": True},
        ),
        directory=directory,
    )
    front = Client(gateway)
    front.call("metrics.subscribe")
    frames = []
    threading.Thread(target=collect, args=(front, frames), daemon=True).start()
    asked = 0
    answers = []

    def ask(body, **headers):
        nonlocal asked
        asked += 1
        # Five in turn, and four keys: each key comes to each.
        path = ("/v1/messages", "/v1/chat/completions", "/v1/messages", "/v1/messages/count_tokens", "/v1/messages")[asked % 5]
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = {name.replace("_", "-"): text for name, text in headers.items()}
        answer = wire.ask(gateway.port, "POST", path, data, {"content-type": "application/json"} | fields)
        answers.append((f"{echo['mode']} {path}", f"{answer.headers} {answer.body.decode()}"))
        return answer

    good = [wire.prompt(PROMPT), wire.prompt(PROMPT, stream=True), wire.prompt(PROMPT, model="o", stream=True)]
    bad = [
        json.dumps(wire.prompt(PROMPT)).encode()[:-3], b'{"messages": "' + PROMPT.encode() + b'\xff"}',
        {"model": PROMPT, "messages": [{"role": "user", "content": PROMPT}]},
        {"model": "haiku", "messages": PROMPT}, wire.prompt(PROMPT, max_tokens=PROMPT),
    ]
    for mode in ("good", 400, 401, 403, 429, 500, 529, "stream", "words", "broken"):
        echo["mode"] = mode
        for body in good + (bad if mode == "good" else []):
            ask(body, x_api_key=SECRETS["client"])
            ask(body, authorization=f"Bearer {SECRETS['project']}")
            ask(body, x_api_key=SECRETS["wrong"])
            ask(body, authorization=f"Bearer {SECRETS['wrong']}", x_gateway_project=SECRETS["wrong"])
    # A client hears nothing of the gateway's own keys, whatever its provider says of them; of an error it hears the rest.
    for place, text in answers:
        assert SECRETS["upstream"] not in text and SECRETS["admin"] not in text, f"{place}: {text}"
    masked = {place for place, text in answers if "no: … " in text or "no: Bearer … " in text}
    assert {place.split()[0] for place in masked} >= {"400", "429", "500", "529", "stream"}, masked
    assert {place.split()[1] for place in masked} >= {"/v1/messages", "/v1/chat/completions", "/v1/messages/count_tokens"}
    told = []
    for path in ("/admin/metrics", "/admin/usage?by=key,project,model,day", "/admin/keys", "/admin/projects",
                 "/admin/budgets", "/admin/cache", "/v1/metrics", "/v1/metrics/recent?n=1000", "/v1/backends", "/stats"):
        answer = wire.ask(gateway.port, "GET", path, headers={"x-api-key": SECRETS["admin"]})
        if path.startswith("/v1") or path == "/stats":
            answer = wire.ask(gateway.port, "GET", path, headers={"x-api-key": SECRETS["client"]})
        assert answer.status == 200, path
        told.append((path, answer.body.decode()))
    told.append(("wrong admin key", wire.ask(
        gateway.port, "GET", "/admin/metrics", headers={"x-api-key": SECRETS["wrong"]}).body.decode()))
    # The first frame is a snapshot, too: the ones that tell of the exchanges come after it.
    wait_until(lambda: len(frames) > 20 and json.loads(frames[-1])["method"] == "metrics.snapshot", "a snapshot comes")
    told.append(("socket", b"".join(frames).decode()))
    other = Client(gateway)
    for method, parameters in (("daemon.status", {}), ("cache.stats", {}), ("exchanges.list", {"limit": 1000})):
        told.append((method, json.dumps(other.call(method, **parameters))))
    other.close()
    wait_until(lambda: access.read_text().count("\n") >= asked, "the access log is written")
    told.append(("access log", access.read_text()))
    front.close()
    gateway.signal(15)
    gateway.wait()
    told.append(("stderr", gateway.stderr))
    told.append(("stdout", gateway.stdout))
    for place, text in told:
        for secret in SECRETS.values():
            assert secret not in text, f"{place}: {text[max(0, text.index(secret) - 300):text.index(secret) + 60]}"
        # What a client names its model, and what a provider says of its failure, is the operator's to see; logs hold neither.
        if place in ("stderr", "stdout", "/admin/metrics"):
            assert PROMPT not in text, f"{place}: {text[max(0, text.index(PROMPT) - 300):text.index(PROMPT) + 60]}"
    access_text = dict(told)["access log"]
    assert all(PROMPT not in line or f"requested_model={PROMPT}" in line or f'"requested_model":"{PROMPT}"' in line
               for line in access_text.splitlines())
    # Some exchanges failed on the provider's side: their lines name the request.
    lines = [line for line in gateway.stderr.splitlines() if "exchange" in line]
    assert len(lines) > 5
    if form == "json":
        rows = [json.loads(line) for line in gateway.stderr.splitlines()]
        assert all(re.fullmatch("[0-9a-f]{16}", row["query_id"]) for row in rows if row["message"] == "exchange")
        [json.loads(line) for line in access_text.splitlines()]
    else:
        assert all(re.search("query_id=[0-9a-f]{16}", line) for line in lines)


def test_the_socket_tells_of_limits_and_storage_and_the_clients_path_does_not(start):
    upstream = start.upstream()
    project = {"name": "web", "keys": ["web-key"], "budget": {"usd_per_day": 0.5}}
    gateway = start.gateway(settings(
        backend("haiku", upstream.url, MODEL), limits={"rpm": 2}, projects=[project], auth={"keys": ["k"]}
    ))
    for _ in range(3):
        last = wire.messages(gateway.port, wire.prompt(), {"x-api-key": "web-key"})
    assert last.status == 429
    front = Client(gateway)
    front.call("metrics.subscribe")
    snapshot = front.notification("metrics.snapshot")
    assert snapshot["limits"]["refusals"]["requests"] == 1
    (row,) = [row for row in snapshot["limits"]["budgets"] if row["scope"] == "project:web"]
    assert row["period"] == "day" and row["limit_usd"] == 0.5 and 0 < row["spent_usd"] < 0.5
    assert snapshot["storage"]["lost"] == 0
    front.close()
    assert "limits" not in wire.get_json(gateway.port, "/v1/metrics", {"x-api-key": "k"})


def test_usage_by_everything_at_once(start):
    upstream = start.upstream()
    models = [backend("haiku", upstream.url, MODEL), backend("own", upstream.url, "my-model")]
    project = {"name": "web", "keys": ["web-key"]}
    gateway = start.gateway(settings(*models, projects=[project], auth={"keys": ["k"], "admin_key": "admin-key"}))
    for key, model, count in (("k", "haiku", 3), ("web-key", "haiku", 2), ("web-key", "own", 1)):
        for _ in range(count):
            assert wire.messages(gateway.port, wire.prompt(model=model), {"x-api-key": key}).status == 200

    def usage(by):
        answer = wire.ask(gateway.port, "GET", f"/admin/usage?by={by}", headers=ADMIN)
        assert answer.status == 200 and answer.json()["by"] == by
        return answer.json()["usage"]

    wait_until(lambda: sum(row["requests"] for row in usage("day")) == 6, "the rows are written")
    found = {(row["project"], row["model"]): row["requests"] for row in usage("project,model")}
    assert found == {("default", MODEL): 3, ("web", MODEL): 2, ("web", "my-model"): 1}
    rows = usage("day,project,key,model")
    assert len(rows) == 3 and len({row["key"] for row in rows}) == 2
    assert {row["day"] for row in rows} == {time.strftime("%Y-%m-%d", time.gmtime())}
    for names in ("key", "model,day", "key,model", "project,key"):
        assert sum(row["requests"] for row in usage(names)) == 6
    for wrong in ("project,project", "project,", "prompt", "day;model"):
        assert wire.ask(gateway.port, "GET", f"/admin/usage?by={wrong}", headers=ADMIN).status == 400
