"""What keeps keys with those they belong to: files, the process itself, and where a provider's key may be sent."""

import os
import pwd
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

import processes
import wire
from processes import backend, binary, config, wait_until
from wire import ask, assert_error, get_json, messages, prompt

ANTHROPIC = {"anthropic-version": "2023-06-01"}


# Files


def test_a_configuration_that_others_may_read(start):
    directory = start.directory()
    file = directory / "gateway.yaml"
    file.write_text("auth: {keys: [plain-key]}\n")

    def run(*words, **environment):
        command = [binary("gatewayd"), *words, "--config", str(file)]
        return subprocess.run(
            command, env=processes.xdg(directory, **environment), capture_output=True, text=True, timeout=20
        )

    file.chmod(0o644)
    loud = run("check-config", "--demo")
    assert loud.returncode == 0, "it is a warning"
    assert f"{file}: its mode 0644 lets others read the keys in it (auth.keys[0]): chmod 600 {file}" in loud.stderr
    assert "plain-key" not in loud.stderr
    daemon = start.adopt(processes.Child("gatewayd", [
        binary("gatewayd"), "serve", "--demo", "--port", "0", "--config", str(file), "--socket", str(directory / "s"),
    ], processes.xdg(directory)))  # fmt: skip
    daemon.find(r"its mode 0644 lets others read the keys")
    file.chmod(0o600)
    assert "chmod" not in run("check-config", "--demo").stderr
    file.write_text("auth: {keys: [$CLIENT_KEY]}\n")
    file.chmod(0o644)
    assert "chmod" not in run("check-config", "--demo", CLIENT_KEY="k").stderr


def test_an_admin_key_that_is_a_clients(start):
    directory = start.directory()
    environment = processes.xdg(directory)
    made = subprocess.run(
        [binary("gatewayd"), "keys", "create", "--name", "ci"], env=environment, capture_output=True, text=True
    )
    key = made.stdout.strip()
    refused = start.gateway(
        config(backend("a", "http://127.0.0.1:9"), auth={"admin_key": key}),
        directory=directory, environment=environment, wait=False,
    )  # fmt: skip
    assert refused.wait() == 2
    assert "the admin key is the client key ci" in refused.stderr and key not in refused.stderr


def test_keys_that_are_over_at_once_are_not_made(start):
    environment = processes.xdg(start.directory())
    command = [binary("gatewayd"), "keys", "create", "--name", "ci", "--expires", "0d"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode != 0 and done.stdout == "" and "--expires: expected 1m or more" in done.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes files for other users")
def test_keys_that_root_makes_for_the_services_user(start):
    directory = start.directory()
    nobody = pwd.getpwnam("nobody")
    place = directory / "state" / "llm-gateway"
    place.mkdir(parents=True)
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    environment = processes.xdg(directory) | {"XDG_STATE_HOME": str(directory / "state")}
    done = subprocess.run(
        [binary("gatewayd"), "keys", "create", "--name", "ci"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    owners = {file.name: (file.stat().st_uid, stat.S_IMODE(file.stat().st_mode)) for file in place.iterdir()}
    assert owners == {"keys": (nobody.pw_uid, 0o600), "keys-lock": (nobody.pw_uid, 0o600)}


# The process


def test_the_process_keeps_to_itself(start):
    access = start.directory() / "access.log"
    upstream = start.upstream()
    gateway = start.gateway(config(backend("a", upstream.url), log={"access": "text", "access_path": str(access)}))
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{gateway.pid}/status").read_text().splitlines())
    assert fields["Umask"].strip() == "0077"
    assert messages(gateway.port, prompt(model="a")).status == 200
    # What is meant for others is theirs all the same.
    wait_until(access.exists, "the access log is there")
    assert stat.S_IMODE(access.stat().st_mode) == 0o640
    assert stat.S_IMODE(gateway.socket.stat().st_mode) == 0o600


@pytest.fixture
def open_home():
    """A directory that another user can be given: pytest's own are closed."""
    with tempfile.TemporaryDirectory(prefix="gw-") as name:
        yield Path(name)


def test_nobody_of_the_same_user_reads_its_environment(open_home, start):
    """The kernel gives what a process shows of itself to root where the process may not be dumped."""
    directory = open_home
    program = [binary("gatewayd"), "serve", "--demo", "--port", "0", "--socket", str(directory / "run" / "s")]
    environment = processes.xdg(directory, ADMIN_KEY="operator-key")
    user = os.getuid()
    if user == 0:
        user = pwd.getpwnam("nobody").pw_uid
        for path in [directory, *directory.rglob("*")]:
            os.chown(path, user, -1)
        if not may_be_reached(Path(program[0]), user):
            pytest.skip(f"another user cannot reach {program[0]}")
        program = ["setpriv", f"--reuid={user}", "--clear-groups", *program]
    gateway = start.adopt(processes.Child("gatewayd", program, environment, directory))
    gateway.find(r"listens on ")
    process = Path(f"/proc/{gateway.pid}")
    assert f"Uid:\t{user}\t" in (process / "status").read_text()
    assert (process / "environ").stat().st_uid == 0
    # It goes on looking at itself: descriptors, memory and processor time are among its figures.
    port = int(gateway.find(r"listens on http://127\.0\.0\.1:(\d+)")[1])
    metrics = ask(port, "GET", "/admin/metrics", None, {"x-api-key": "operator-key"}).body.decode()
    figures = dict(line.split(" ", 1) for line in metrics.splitlines() if line.startswith("process_"))
    assert float(figures["process_open_fds"]) > 3 and float(figures["process_resident_memory_bytes"]) > 0


def may_be_reached(path, user):
    command = ["setpriv", f"--reuid={user}", "--clear-groups", "test", "-r", str(path)]
    return subprocess.run(command, check=False).returncode == 0


# Where a provider's key may be sent


def models(request, connection):
    body = b'{"type":"model","id":"m","display_name":"M","created_at":"2026-01-01T00:00:00Z"}'
    connection.sendall(wire.response_bytes(200, body))


@pytest.mark.parametrize(
    "name",
    ["..", "%2e%2e", "%2E%2E/files", "..%2ffiles", "a/../../files", "a%2f..%2ffiles", "a/b", "a%3fbeta=1", "a%23b",
     "%252e%252e%252ffiles", ".", "%2e", "a%00b", "a%0d%0ab", "a%5cb", "", "a..b", "x" * 300],
)  # fmt: skip
def test_a_models_name_leads_to_no_other_path(start, name):
    upstream = start.upstream(models)
    gateway = start.gateway(config(backend("a", upstream.url)))
    assert_error(ask(gateway.port, "GET", f"/v1/models/{name}", None, ANTHROPIC), 404, "not_found_error")
    for doubled in (f"/v1/v1/models/{name}", f"/v1/v1/models/{name}?beta=true"):
        assert ask(gateway.port, "GET", doubled, None, ANTHROPIC).status == 404
    assert upstream.requests == []


def test_a_models_name_is_sent_as_it_is_meant(start):
    upstream = start.upstream(models)
    gateway = start.gateway(config(backend("a", upstream.url)))
    for asked, sent in (
        ("claude-x-1", "claude-x-1"), ("cl%61ude-x-1", "claude-x-1"), ("claude-x@2026?beta=true", "claude-x@2026?beta=true"),
        ("claude-x?q=/../../files", "claude-x?q=/../../files"),
    ):  # fmt: skip
        assert ask(gateway.port, "GET", f"/v1/models/{asked}", None, ANTHROPIC).status == 200
        assert upstream.requests[-1].target == f"/v1/models/{sent}"
        assert upstream.requests[-1]["x-api-key"] == "upstream-secret"


# Whose models are whose


def test_a_project_sees_its_own_models(start):
    upstream = start.upstream(lambda request, connection: connection.sendall(wire.response_bytes(200, b'{"input_tokens":7}')))
    gateway = start.gateway(
        config(
            backend("cheap", upstream.url, "claude-haiku-4-5-20251001"),
            backend("dear", upstream.url, "claude-opus-4-7", tier="premium"),
            auth={"keys": ["free"]},
            projects=[{"name": "web", "keys": ["web-key"], "allowed_models": ["cheap"]}],
        )
    )

    def listed(key, **more):
        return {entry["id"] for entry in get_json(gateway.port, "/v1/models", {"x-api-key": key} | more)["data"]}

    routed = {"auto", "smartroute", "claude-gateway-auto"}
    own = routed | {"cheap", "claude-haiku-4-5-20251001"}
    assert listed("web-key", **ANTHROPIC) == own
    bearer = get_json(gateway.port, "/v1/models", {"authorization": "Bearer web-key"})
    assert {entry["id"] for entry in bearer["data"]} == own and bearer["object"] == "list"
    assert listed("free", **ANTHROPIC) == own | {"dear", "claude-opus-4-7"}
    assert listed("free", **ANTHROPIC, **{"X-Gateway-Project": "web"}) == own
    for name in ("dear", "claude-opus-4-7", "claude-other"):
        hidden = ask(gateway.port, "GET", f"/v1/models/{name}", None, {"x-api-key": "web-key"} | ANTHROPIC)
        assert_error(hidden, 404, "not_found_error")
    assert upstream.requests == []

    def count(key, model):
        return messages(gateway.port, prompt(model=model), {"x-api-key": key}, target="/v1/messages/count_tokens")

    refused = count("web-key", "dear")
    assert "its models are cheap" in assert_error(refused, 403, "permission_error")
    assert upstream.requests == []
    assert count("web-key", "cheap").json() == {"input_tokens": 7}
    assert count("free", "dear").json() == {"input_tokens": 7}


def test_a_key_of_a_project_that_is_not_there(start):
    directory = start.directory()
    environment = processes.xdg(directory)
    key = subprocess.run(
        [binary("gatewayd"), "keys", "create", "--name", "ci", "--project", "gone"], env=environment,
        capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    upstream = start.upstream()
    settings = config(backend("a", upstream.url), projects=[{"name": "web"}])
    gateway = start.gateway(settings, directory=directory, environment=environment)
    gateway.find("client keys belong to the project gone, which the configuration does not have: their requests are refused")
    refused = assert_error(messages(gateway.port, prompt(model="a"), {"x-api-key": key}), 403, "permission_error")
    assert "project of this gateway key is not configured" in refused and "web" not in refused
    chat = wire.completions(gateway.port, wire.chat(model="a"), {"authorization": f"Bearer {key}"})
    wire.assert_openai_error(chat, 403)
    assert upstream.requests == []


def test_a_floor_holds_for_named_models(start):
    upstream = start.upstream()
    gateway = start.gateway(
        config(
            backend("cheap", upstream.url, "claude-haiku-4-5-20251001"),
            backend("dear", upstream.url, "claude-opus-4-7", tier="premium"),
            auth={"keys": ["free"]},
            projects=[{"name": "web", "keys": ["web-key"], "min_tier": "balanced"}],
        )
    )
    off = {"X-Gateway-Smart-Routing": "0"}
    answer = messages(gateway.port, prompt(model="cheap"), {"x-api-key": "web-key"} | off)
    assert answer["x-gateway-model"] == "claude-opus-4-7"
    explained = get_json(gateway.port, f"/v1/explain/{answer['x-gateway-query-id']}", {"x-api-key": "web-key"})
    assert any("min_tier is balanced" in reason for reason in explained["decision"]["reasons"])
    answer = messages(gateway.port, prompt(model="cheap"), {"x-api-key": "free"} | off)
    assert answer["x-gateway-model"] == "claude-haiku-4-5-20251001"
