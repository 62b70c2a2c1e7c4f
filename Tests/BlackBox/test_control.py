"""The control socket: JSON-RPC 2.0, one message a line."""

import json
import select
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time

import pytest

import processes
import wire
from processes import backend, config, wait_until

PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMETERS = -32700, -32600, -32601, -32602


class Client:
    """A front end."""

    def __init__(self, gateway, hello=True):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(15)
        self.socket.connect(str(gateway.socket))
        self.reader = wire.Reader(self.socket)
        self.notifications = []
        self._number = 0
        if hello:
            self.welcome = self.call("hello", protocol=1, client="test/1")

    def close(self):
        self.socket.close()

    def send(self, line):
        self.socket.sendall(line + b"\n")

    def read(self):
        return json.loads(self.reader.line())

    def ask(self, method, **parameters):
        """Sends a request and gives the response; notifications on the way are kept."""
        self._number += 1
        self.send(json.dumps({"jsonrpc": "2.0", "id": self._number, "method": method, "params": parameters}).encode())
        while True:
            message = self.read()
            assert message["jsonrpc"] == "2.0"
            if "method" not in message:
                assert message["id"] == self._number
                return message
            self.notifications.append(message)

    def call(self, method, **parameters):
        response = self.ask(method, **parameters)
        assert "error" not in response, response
        return response["result"]

    def notification(self, method, matches=lambda parameters: True):
        """The next notification of a kind."""
        deadline = time.monotonic() + 15
        while True:
            assert time.monotonic() < deadline, f"no {method} in 15 s"
            message = self.notifications.pop(0) if self.notifications else self.read()
            if message.get("method") == method and matches(message["params"]):
                assert "id" not in message
                return message["params"]


@pytest.fixture(scope="module")
def gateway(start_shared):
    return start_shared.gateway()


@pytest.fixture
def connect(gateway):
    clients = []

    def connect(other=None, **more):
        clients.append(Client(other or gateway, **more))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


def test_hello(gateway, connect):
    welcome = connect().welcome
    assert welcome["protocol"] == 1
    assert welcome["pid"] == gateway.pid
    assert welcome["daemon"].startswith("llm-gateway/")
    assert welcome["is_demo"] is True


def test_another_protocol_version_is_refused(connect):
    client = connect(hello=False)
    error = client.ask("hello", protocol=999, client="future/9")["error"]
    assert error["code"] == INVALID_PARAMETERS
    assert "999" in error["message"] and "1" in error["message"]
    assert client.ask("daemon.status")["error"]["code"] == INVALID_REQUEST, "it has not been greeted"


@pytest.mark.parametrize("method", ["daemon.status", "metrics.subscribe", "exchanges.list", "prompt.send"])
def test_hello_comes_first(connect, method):
    client = connect(hello=False)
    error = client.ask(method, limit=1, prompt="x")["error"]
    assert error["code"] == INVALID_REQUEST and "hello" in error["message"]
    assert client.call("hello", protocol=1, client="late/1")["protocol"] == 1


def test_status(gateway, connect):
    status = connect().call("daemon.status")
    assert status["pid"] == gateway.pid
    assert status["base_url"] == gateway.url
    assert status["is_demo"] is True
    assert [backend["name"] for backend in status["backends"]] == ["haiku", "sonnet", "opus"]
    assert status["routing_mode"] == "always"
    assert status["uptime_seconds"] >= 0


def test_snapshots_come_at_once_and_every_second(connect):
    client = connect()
    client.call("metrics.subscribe")
    asked = time.monotonic()
    snapshots = [client.notification("metrics.snapshot")]
    assert time.monotonic() - asked < 0.9
    snapshots += [client.notification("metrics.snapshot") for _ in range(3)]
    steps = [right["unix_ms"] - left["unix_ms"] for left, right in zip(snapshots[1:], snapshots[2:])]
    assert all(600 <= step <= 1_800 for step in steps), steps
    assert {"since_start", "tiers", "cache", "backends", "in_flight"} <= snapshots[0].keys()


def test_finished_exchanges_are_told(gateway, connect):
    client = connect()
    client.call("metrics.subscribe")
    answer = wire.messages(gateway.port, wire.prompt("Tell them [[simulate: tokens=5]]"))
    row = client.notification("exchange.completed", lambda row: row["query_id"] == answer["x-gateway-query-id"])
    assert row["status"] == 200
    assert row["usage"]["output_tokens"] == answer.json()["usage"]["output_tokens"]
    assert row["usage"]["input_tokens"] == answer.json()["usage"]["input_tokens"]


def test_snapshot_is_that_of_http(gateway, connect):
    client = connect()
    wire.messages(gateway.port, wire.prompt("count me [[simulate: tokens=4]]"))
    client.call("metrics.subscribe")
    snapshot = client.notification("metrics.snapshot")
    assert snapshot["since_start"] == wire.get_json(gateway.port, "/v1/metrics")["since_start"]


def test_exchanges(gateway, connect):
    client = connect()
    ids = []
    for number in range(3):
        answer = wire.messages(gateway.port, wire.prompt(f"number {number} [[simulate: tokens=3]]"))
        ids.append(answer["x-gateway-query-id"])
    rows = client.call("exchanges.list", limit=2)["exchanges"]
    assert [row["query_id"] for row in rows] == ids[:0:-1]
    detail = client.call("exchanges.get", query_id=ids[0])
    assert detail == wire.get_json(gateway.port, f"/v1/explain/{ids[0]}")
    assert detail["summary"]["query_id"] == ids[0]
    assert detail["decision"]["reasons"] and detail["attempts"][0]["status"] == 200


def test_exchanges_out_of_range(connect):
    client = connect()
    for limit in (0, -1, 1_001):
        assert client.ask("exchanges.list", limit=limit)["error"]["code"] == INVALID_PARAMETERS
    error = client.ask("exchanges.get", query_id="0000000000000000")["error"]
    assert "0000000000000000" in error["message"]


@pytest.mark.parametrize("parameters", [{}, {"limit": "many"}, {"limit": None}, {"limit": 1.5}])
def test_wrong_parameters(connect, parameters):
    assert connect().ask("exchanges.list", **parameters)["error"]["code"] == INVALID_PARAMETERS


def test_explanation_sends_nothing(start, connect):
    upstream = start.upstream()
    fast = backend("quick", upstream.url, "claude-haiku-4-5-20251001")
    strong = backend("strong", upstream.url, "claude-opus-4-7", tier="premium")
    gateway = start.gateway({"models": [fast, strong]})
    client = connect(gateway)
    explanation = client.call("route.explain", prompt="What is the capital of France?")
    assert [row["backend"] for row in explanation["candidates"] if row["is_chosen"]] == ["quick"]
    assert 0 <= explanation["score"] <= 100 and explanation["reasons"] and explanation["classifier"] == "heuristic"
    forced = client.call("route.explain", prompt="What is the capital of France?", tier="premium")
    assert [row["backend"] for row in forced["candidates"] if row["is_chosen"]] == ["strong"]
    assert client.ask("route.explain", prompt="x", tier="local")["error"]["code"] == INVALID_PARAMETERS
    assert upstream.requests == []
    assert client.call("exchanges.list", limit=10)["exchanges"] == []


def test_prompt_streams(gateway, connect):
    client = connect()
    send = client.call("prompt.send", prompt="Say something [[simulate: tokens=40]]")["send_id"]
    text, deltas = "", 0
    while True:
        message = client.notifications.pop(0) if client.notifications else client.read()
        assert message["params"]["send_id"] == send
        if message["method"] == "prompt.completed":
            break
        assert message["method"] == "prompt.delta"
        text, deltas = text + message["params"]["text"], deltas + 1
    assert deltas > 1 and text.startswith("[simulated]")
    completed = message["params"]
    assert completed.get("error") is None
    summary = completed["detail"]["summary"]
    assert summary["status"] == 200 and summary["usage"]["output_tokens"] > 0 and summary["stream"] is True
    assert wire.get_json(gateway.port, f"/v1/explain/{summary['query_id']}")["summary"] == summary


def test_prompt_is_cancelled(gateway, connect):
    client = connect()
    send = client.call("prompt.send", prompt="Wait [[simulate: stall=60000]]")["send_id"]
    wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics")["in_flight"] > 0, "the prompt is under way")
    client.call("prompt.cancel", send_id=send)
    completed = client.notification("prompt.completed", lambda parameters: parameters["send_id"] == send)
    assert completed["error"]
    wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 0, "the prompt is broken off")


def test_prompt_ends_with_its_front_end(gateway, connect):
    client = connect()
    client.call("prompt.send", prompt="Wait for me [[simulate: stall=60000]]")
    wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics")["in_flight"] > 0, "the prompt is under way")
    client.close()
    wait_until(lambda: wire.get_json(gateway.port, "/v1/metrics")["in_flight"] == 0, "the prompt is broken off")


def test_prompt_that_fails(connect):
    client = connect()
    send = client.call("prompt.send", prompt="Fail [[simulate: status=529]]")["send_id"]
    completed = client.notification("prompt.completed")
    assert completed["send_id"] == send and "529" in completed["error"]


def test_two_prompts_at_once(connect):
    client = connect()
    sends = [client.call("prompt.send", prompt=f"{word} [[simulate: tokens=20]]")["send_id"] for word in ("a", "b")]
    assert len(set(sends)) == 2
    done = {client.notification("prompt.completed")["send_id"] for _ in sends}
    assert done == set(sends)


def test_cancelling_what_is_not_there(connect):
    client = connect()
    client.ask("prompt.cancel", send_id=12345)
    assert client.call("daemon.status")


def test_unknown_method(connect):
    client = connect()
    error = client.ask("daemon.dance")["error"]
    assert error["code"] == NO_METHOD and "daemon.dance" in error["message"]
    assert client.call("daemon.status")


@pytest.mark.parametrize("line", [b"{", b"nonsense", b"[1,2", b'{"jsonrpc":"2.0","id":1,"method":', b"\xff\xfe"])
def test_invalid_json(connect, line):
    client = connect()
    client.send(line)
    message = client.read()
    assert message["id"] is None and message["error"]["code"] == PARSE_ERROR
    assert client.call("daemon.status"), "the connection goes on"


def test_notifications_get_no_answer(connect):
    client = connect()
    client.send(b'{"jsonrpc":"2.0","method":"daemon.status","params":{}}')
    assert client.call("daemon.status")["pid"] > 0
    assert client.notifications == []


def test_lines_in_pieces_and_many_at_once(connect):
    client = connect()
    line = b'{"jsonrpc":"2.0","id":%d,"method":"daemon.status","params":{}}'
    for byte in line % 7 + b"\n":
        client.socket.sendall(bytes([byte]))
    assert client.read()["id"] == 7
    client.send(b"\n".join(line % number for number in range(100, 150)))
    assert [client.read()["id"] for _ in range(50)] == list(range(100, 150))


def test_too_long_a_line(connect):
    client = connect()
    try:
        client.socket.sendall(b"x" * 1_048_576 + b"y" * 65_536)
    except (BrokenPipeError, ConnectionResetError):
        pass
    try:
        lines = client.reader.rest().splitlines()
    except ConnectionResetError:
        return
    assert [json.loads(line)["error"]["code"] for line in lines] == [INVALID_REQUEST]


def test_longest_line(connect):
    client = connect()
    text = "x" * 1_000_000
    assert client.call("route.explain", prompt=text)["estimated_input_tokens"] > 100_000


def test_many_subscribers(gateway, connect):
    clients = [connect() for _ in range(50)]
    for client in clients:
        client.call("metrics.subscribe")
    answer = wire.messages(gateway.port, wire.prompt("to all [[simulate: tokens=3]]"))
    for client in clients:
        client.notification("exchange.completed", lambda row: row["query_id"] == answer["x-gateway-query-id"])


def test_who_never_reads_is_dropped_and_others_go_on(start, connect):
    gateway = start.gateway(config(backend("a", start.upstream().url), log={"prompts": "full"}))
    deaf, listener = connect(gateway), connect(gateway)
    deaf.call("metrics.subscribe")
    listener.call("metrics.subscribe")
    hung_up = select.poll()
    hung_up.register(deaf.socket, select.POLLHUP)  # and not POLLIN: what it was sent stays unread
    body = json.dumps(wire.prompt("p" * 20_000, "a")).encode()
    # 1,200 rows of 16 KB are several times what may wait for one front end.
    with wire.Connection(gateway.port) as client:
        for _ in range(30):
            answers = [client.ask("POST", "/v1/messages", body) for _ in range(40)]
            assert {answer.status for answer in answers} == {200}
            newest = answers[-1]["x-gateway-query-id"]
            listener.notification("exchange.completed", lambda row: row["query_id"] == newest)
            if hung_up.poll(0):
                break
        else:
            raise AssertionError("it is still connected")
        last = client.ask("POST", "/v1/messages", json.dumps(wire.prompt("last", "a")).encode())
    listener.notification("exchange.completed", lambda row: row["query_id"] == last["x-gateway-query-id"])
    listener.notification("metrics.snapshot")


def test_http_is_served_while_front_ends_talk(gateway, connect):
    stop = threading.Event()
    failures = []

    def talk():
        client = connect()
        while not stop.is_set():
            if "result" not in client.ask("daemon.status"):
                failures.append("no result")

    threads = [threading.Thread(target=talk) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            assert wire.ask(gateway.port, "GET", "/v1/metrics").status == 200
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
    assert failures == []


def test_only_the_user_gets_in(gateway):
    assert stat.S_IMODE(gateway.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(gateway.socket.parent.stat().st_mode) == 0o700


# Says hello, and prints what comes back, to the end of the connection or to the line's.
GREETING = """
import socket, sys
with socket.socket(socket.AF_UNIX) as client:
    client.settimeout(10)
    client.connect(sys.argv[1])
    try:
        client.sendall(b'{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1,"client":"stranger/1"}}\\n')
        print(client.makefile().readline())
    except (BrokenPipeError, ConnectionResetError):
        pass
"""


def test_another_user_is_turned_away_where_the_files_let_everybody_in(start, open_place):
    python = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin") or sys.executable
    if reason := processes.no_stranger(python):
        pytest.skip(reason)
    gateway = start.gateway(directory=open_place / "gw")
    gateway.directory.chmod(0o755)
    gateway.socket.parent.chmod(0o755)
    gateway.socket.chmod(0o666)
    greet = [python, "-c", GREETING, str(gateway.socket)]
    own = subprocess.run(greet, capture_output=True, text=True, timeout=30)
    assert json.loads(own.stdout)["result"]["pid"] == gateway.pid
    other = subprocess.run(processes.as_stranger(*greet), capture_output=True, text=True, timeout=30)
    assert (other.returncode, other.stdout.strip(), other.stderr) == (0, "", "")
    # Nothing is the worse for it.
    assert Client(gateway).call("daemon.status")["pid"] == gateway.pid


def test_socket_is_where_the_environment_says(start):
    settings = config(backend("a", "http://127.0.0.1:9"))
    gateway = start.gateway(settings)
    again = start.gateway(settings | {"control": {"socket": str(gateway.directory / "other" / "c.sock")}}, wait=False)
    again.find("control socket")  # the command line wins over the file
    assert again.socket.exists() and not (gateway.directory / "other").exists()
