"""Starting, refusing to start, and stopping."""

import json
import os
import re
import signal
import socket
import threading

import pytest

import processes
import wire
from processes import REPOSITORY, backend, config, xdg


@pytest.fixture
def run(start):
    """Runs gatewayd to its end; gives exit code, standard output and standard error."""

    def run(*arguments, environment=None, directory=None, seconds=15):
        directory = directory or start.directory()
        command = [processes.binary("gatewayd"), *map(str, arguments)]
        child = start.adopt(processes.Child("gatewayd", command, environment or xdg(directory), directory))
        return child.wait(seconds), child.stdout, child.stderr

    return run


def write(directory, text):
    path = directory / "config.yaml"
    path.write_text(text)
    return path


def one_line(text):
    """The complaint, which must be a single line."""
    lines = [line for line in text.splitlines() if line.startswith("gatewayd: ")]
    assert len(lines) == 1 == len(text.splitlines()), text
    return lines[0]


def test_help(run):
    code, out, _ = run("--help")
    assert code == 0
    for word in ("serve", "check-config", "version"):
        assert word in out
    code, out, _ = run("serve", "--help")
    assert code == 0
    for option in ("--config", "--port", "--host", "--socket", "--demo", "--log-level"):
        assert option in out


def test_version(run):
    for arguments in (("version",), ("--version",)):
        code, out, _ = run(*arguments)
        assert code == 0
        assert re.fullmatch(r"llm-gateway/\d+\.\d+\.\d+\S*\n", out)


def test_unknown_option(run):
    code, _, err = run("--prot", "1")
    assert code not in (0, 1, 3) and "--prot" in err


def test_the_reference_configuration_is_valid(run, tmp_path):
    code, out, err = run("check-config", "--config", REPOSITORY / "config.yaml")
    assert code == 0, err
    assert "configuration is valid" in out
    for name in ("haiku", "sonnet", "opus"):
        assert name in out


def test_check_config_masks_keys(run, start):
    path = write(start.directory(), json.dumps(config(backend("a", "https://example.com", api_key="sk-very-secret-1234"))))
    code, out, err = run("check-config", "--config", path)
    assert code == 0, err
    assert "very-secret" not in out + err


UNKNOWN_KEYS = [
    ("server:\n  prot: 1\n", 2, "prot", "port"),
    ("cache:\n  enabled: true\n  exact_tll: 5\n", 3, "exact_tll", "exact_ttl"),
    ("\n\nrouteing: {mode: off}\n", 3, "routeing", "routing"),
    ("models:\n  - name: a\n    provider: simulated\n    modle: m\n    tier: fast\n", 4, "modle", "model"),
]


@pytest.mark.parametrize("command", ["serve", "check-config"])
@pytest.mark.parametrize(("text", "line", "key", "near"), UNKNOWN_KEYS)
def test_unknown_key(run, start, command, text, line, key, near):
    path = write(start.directory(), text)
    code, _, err = run(command, "--config", path)
    assert code == 2
    complaint = one_line(err)
    assert f"{path}:{line}" in complaint
    assert key in complaint
    assert re.search(rf"\b{near}\b", complaint.replace(str(path), "")), "the nearest known key is named"


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("server:\n  port: eighty\n", 2, "server.port"),
        ("server: {port: 70000}\n", 1, "server.port"),
        ("server: 8080\n", 1, "server"),
        ("cache:\n  enabled: maybe\n", 2, "cache.enabled"),
        ("routing:\n  mode: sometimes\n", 2, "routing.mode"),
        ("upstream:\n  ping_interval_sec: -1\n", 2, "upstream.ping_interval_sec"),
        ("models: haiku\n", 1, "models"),
        ("models:\n  - name: a\n    provider: simulated\n    model: m\n    tier: quick\n", 5, "tier"),
        ("models:\n  - name: a\n    provider: simulated\n    tier: fast\n", 2, "model"),
        ("server:\n  port: 1\n  port: 2\n", None, "server.port"),
        ("server: {port: 1\n", None, ""),
    ],
)
def test_wrong_value(run, start, text, line, key):
    path = write(start.directory(), text)
    code, _, err = run("check-config", "--config", path)
    assert code == 2
    complaint = one_line(err)
    assert str(path) in complaint and key in complaint
    if line:
        assert f"{path}:{line}:" in complaint


def test_missing_file(run, start):
    path = start.directory() / "absent.yaml"
    code, _, err = run("serve", "--config", path)
    assert code == 2
    assert str(path) in one_line(err)


@pytest.mark.parametrize("command", ["serve", "check-config"])
@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("directory", "cannot be read: is a directory"),
        ("Latin-1", "not UTF-8 text"),
        ("UTF-16", "not UTF-8 text"),
        ("not ours", "cannot be read: permission denied"),
    ],
)
def test_a_file_that_cannot_be_read(start, open_place, command, kind, complaint):
    path = open_place / "config.yaml"
    if kind == "directory":
        path.mkdir()
    else:
        path.write_bytes("server:\n  host: café\n".encode({"Latin-1": "latin-1", "UTF-16": "utf-16"}.get(kind, "utf-8")))
    arguments = [processes.binary("gatewayd"), command, "--config", path]
    if kind == "not ours":
        path.chmod(0)
        if os.geteuid() == 0:  # who may read everything
            if reason := processes.no_stranger(arguments[0]):
                pytest.skip(reason)
            arguments = processes.as_stranger(*arguments)
    child = start.adopt(processes.Child("gatewayd", arguments, xdg(start.directory()), open_place))
    assert child.wait(15) == 2
    assert one_line(child.stderr) == f"gatewayd: {path}: {complaint}" and child.stdout == ""


def test_a_file_that_is_found_and_cannot_be_read_is_not_passed_over(run, open_place):
    (open_place / "config.yaml").mkdir()
    code, _, err = run("check-config", directory=open_place)
    assert code == 2 and one_line(err) == "gatewayd: config.yaml: cannot be read: is a directory"


def test_port_in_use(run, start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        directory = start.directory()
        code, _, err = run("serve", "--demo", "--port", port, "--socket", directory / "s", directory=directory)
        assert code == 2
        complaint = one_line(err)
        assert str(port) in complaint and "in use" in complaint
        assert not (directory / "s").exists()


def test_socket_without_a_path(run):
    code, _, err = run("serve", "--demo", "--port", "0", "--socket", "")
    assert code == 2 and "--socket: expected a path" in one_line(err)


def test_socket_path_too_long(run, start):
    path = str(start.directory() / ("x" * 120))
    code, _, err = run("serve", "--demo", "--port", "0", "--socket", path)
    assert code == 2
    assert "107" in one_line(err)


def test_socket_path_too_long_by_default(run, start):
    directory = start.directory()
    long = directory / ("r" * 100)
    long.mkdir()
    environment = xdg(directory) | {"XDG_RUNTIME_DIR": str(long)}
    code, _, err = run("serve", "--demo", "--port", "0", environment=environment)
    assert code == 2
    assert "107" in err


def test_serving_the_network_without_keys_is_refused(run, start):
    path = write(start.directory(), json.dumps(config(backend("a", "http://127.0.0.1:9"))))
    code, _, err = run("serve", "--config", path, "--host", "0.0.0.0", "--port", "0", "--socket", path.parent / "s")
    assert code == 2
    assert "auth.keys" in one_line(err)


def test_serving_the_network_with_keys(start):
    upstream = start.upstream()
    settings = config(backend("a", upstream.url), auth={"keys": ["k1"]})
    gateway = start.gateway(settings, "--host", "0.0.0.0", wait=False)
    port = int(gateway.find(r"listens on http://0\.0\.0\.0:(\d+)")[1])
    assert wire.messages(port, wire.prompt(model="a"), headers={"x-api-key": "k1"}).status == 200


def test_second_daemon_on_the_same_socket(run, start):
    first = start.gateway()
    code, _, err = run("serve", "--demo", "--port", "0", "--socket", first.socket)
    assert code == 3
    assert f"already running, pid {first.pid}" in one_line(err)
    assert wire.ask(first.port, "GET", "/live").status == 200


def test_a_daemon_whose_lock_was_removed_keeps_its_socket(run, start):
    first = start.gateway()
    (first.socket.parent / f"{first.socket.name}.lock").unlink()
    code, _, err = run("serve", "--demo", "--port", "0", "--socket", first.socket)
    assert code == 3
    assert f"already running, pid {first.pid}" in one_line(err)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(first.socket))


def test_another_programs_socket_is_left_to_it(run, start):
    path = start.directory() / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        inode = path.stat().st_ino
        code, _, err = run("serve", "--demo", "--port", "0", "--socket", path)
        assert code == 3 and f"pid {os.getpid()}" in one_line(err)
        assert path.stat().st_ino == inode


def test_an_address_of_ipv6_is_told_as_urls_have_it(start):
    gateway = start.gateway(None, "--host", "::1", wait=False)
    assert gateway.find(r"listens on http://\[::1\]:(\d+)")


def test_socket_left_by_a_killed_daemon_is_taken_over(start):
    directory = start.directory()
    first = start.gateway(directory=directory)
    first.signal(signal.SIGKILL)
    first.wait()
    assert first.socket.exists()
    second = start.gateway(directory=directory)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(second.socket))


def test_a_file_in_the_sockets_place_is_not_removed(run, start):
    path = start.directory() / "precious"
    path.write_text("data")
    code, _, err = run("serve", "--demo", "--port", "0", "--socket", path)
    assert code == 2 and str(path) in one_line(err)
    assert path.read_text() == "data"


def test_missing_key_of_one_backend(run, start):
    settings = config(
        backend("a", "https://api.anthropic.com", api_key="$FIRST_KEY"),
        backend("b", "https://api.anthropic.com", api_key="$SECOND_KEY"),
    )
    directory = start.directory()
    path = write(directory, json.dumps(settings, indent=1))
    environment = xdg(directory, SECOND_KEY="k")
    code, _, err = run("serve", "--config", path, "--port", "0", environment=environment, directory=directory)
    assert code == 2
    complaint = one_line(err)
    assert "FIRST_KEY" in complaint and "SECOND_KEY" not in complaint and str(path) in complaint


def test_without_any_key_it_is_the_demo_and_says_so(start):
    gateway = start.gateway(config(backend("a", "https://api.anthropic.com", api_key="$ANTHROPIC_API_KEY")))
    assert "demo" in gateway.stderr and "ANTHROPIC_API_KEY" in gateway.stderr
    answer = wire.messages(gateway.port, wire.prompt(model="a"))
    assert (answer.status, answer["x-gateway-simulated"]) == (200, "true")


def test_configuration_in_the_working_directory_is_read(start):
    directory = start.directory()
    write(directory, json.dumps(config(backend("here", start.upstream().url))))
    gateway = start.gateway("", directory=start.directory(), wait=False)  # the empty file given with --config wins
    gateway.find("demo")
    environment = xdg(directory)
    command = [processes.binary("gatewayd"), "--port", "0", "--socket", str(directory / "s")]
    child = start.adopt(processes.Child("gatewayd", command, environment, directory))
    port = int(child.find(r"listens on http://127\.0\.0\.1:(\d+) \(live\)")[1])
    assert wire.messages(port, wire.prompt(model="here")).status == 200


def test_environment_wins_over_the_file_and_the_command_line_over_both(start):
    directory = start.directory()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = config(backend("a", "http://127.0.0.1:9"), server={"port": taken.getsockname()[1]})
        environment = xdg(directory, PORT=taken.getsockname()[1], GATEWAY_API_KEY="from-environment")
        gateway = start.gateway(settings, directory=directory, environment=environment)  # with --port 0
        assert gateway.port != taken.getsockname()[1]
    assert wire.ask(gateway.port, "GET", "/stats").status == 401
    assert wire.ask(gateway.port, "GET", "/stats", headers={"x-api-key": "from-environment"}).status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_to(start, number):
    gateway = start.gateway()
    with wire.Connection(gateway.port) as idle:
        assert idle.ask("GET", "/live").status == 200
        gateway.signal(number)
        assert gateway.wait(8) == 0
    assert not gateway.socket.exists()
    assert "ERROR" not in gateway.stderr and "Fatal" not in gateway.stderr


def test_it_stops_right_after_its_start(start):
    for _ in range(5):
        gateway = start.gateway(wait=False)
        gateway.find("listens on")
        gateway.signal(signal.SIGTERM)
        assert gateway.wait(8) == 0
        assert not gateway.socket.exists()


def test_a_stream_under_way_is_finished_before_it_stops(start):
    go_on = threading.Event()

    def answer(request, connection):
        connection.sendall(wire.STREAM_HEAD + wire.chunk(wire.stream_start()))
        if not go_on.wait(20):
            return False
        connection.sendall(wire.chunk(wire.event("message_delta", delta={}, usage={"output_tokens": 2})))
        connection.sendall(wire.chunk(wire.event("message_stop")) + b"0\r\n\r\n")

    gateway = start.gateway(config(backend("a", start.upstream(answer).url)))
    with wire.Connection(gateway.port) as client:
        client.request("POST", "/v1/messages", json.dumps(wire.prompt(model="a", stream=True)).encode())
        assert client.head().status == 200
        events = client.events()
        assert next(events).startswith(b"event: message_start")
        gateway.signal(signal.SIGTERM)
        gateway.find("draining")
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", gateway.port), 2).close()
        go_on.set()
        assert [wire.event_names(event)[0] for event in events] == ["message_delta", "message_stop"]
    assert gateway.wait(8) == 0


def test_log_as_json(start):
    gateway = start.gateway(config(backend("a", "http://127.0.0.1:9"), log={"format": "json"}), wait=False)
    gateway.find(r"listens on http")
    wire.messages(int(re.search(r"127\.0\.0\.1:(\d+)", gateway.stderr)[1]), wire.prompt(model="a"))
    gateway.find(r'"level":"warning"')
    for line in gateway.stderr.splitlines():
        assert {"time", "level", "message"} <= json.loads(line).keys()


@pytest.mark.parametrize(("kept", "count"), [("none", 0), ("snippet", 120), ("full", 200)])
def test_prompts_are_kept_as_configured(start, kept, count):
    gateway = start.gateway(config(backend("a", start.upstream().url), log={"prompts": kept}))
    text = ("0123456789" * 20)[:200]
    assert wire.messages(gateway.port, wire.prompt(text, "a")).status == 200
    row = wire.get_json(gateway.port, "/v1/metrics/recent?n=1")["exchanges"][0]
    assert row["prompt"] == text[:count]
    # Characters, not bytes.
    assert wire.messages(gateway.port, wire.prompt("é" * 200, "a")).status == 200
    row = wire.get_json(gateway.port, "/v1/metrics/recent?n=1")["exchanges"][0]
    assert row["prompt"] == "é" * count
