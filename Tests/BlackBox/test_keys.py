"""Client keys as the operator makes and ends them, and what is to be seen of them."""

import json
import os
import stat
import subprocess

import anthropic
import pytest

import processes
import wire
from processes import backend, binary, config, wait_until
from wire import ask, messages, prompt

ADMIN = {"x-api-key": "operator-key"}


class Office:
    """A gateway and the command line of the same user."""

    def __init__(self, start, **sections):
        self.directory = start.directory()
        self.environment = processes.xdg(self.directory)
        self.upstream = start.upstream()
        self.config = config(backend("haiku", self.upstream.url), **({"auth": {"admin_key": "operator-key"}} | sections))
        self.start = start

    def gateway(self):
        return self.start.gateway(self.config, directory=self.directory, environment=self.environment)

    def keys(self, *words, code=0):
        done = subprocess.run(
            [binary("gatewayd"), "keys", *words], env=self.environment, capture_output=True, text=True, timeout=20
        )
        assert done.returncode == code, done.stderr
        return done.stdout.strip()

    @property
    def file(self):
        return self.directory / "xs" / "llm-gateway" / "keys"


def status(gateway, key):
    return messages(gateway.port, prompt(), {"x-api-key": key} if key else ()).status


def test_a_key_lives_from_create_to_revoke(start):
    office = Office(start)
    gateway = office.gateway()
    assert status(gateway, None) == 200
    key = office.keys("create", "--project", "web", "--name", "ci", "--expires", "30d")
    assert key.startswith("gw-") and len(key) == 54
    # The running gateway notices, and from then on needs a key.
    wait_until(lambda: status(gateway, None) == 401, "the key counts", 5)
    assert status(gateway, key) == 200
    client = anthropic.Anthropic(base_url=gateway.url, api_key=key, max_retries=0, timeout=20)
    assert client.messages.create(model="haiku", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]).content
    assert status(gateway, key[:-1] + ("a" if key[-1] != "a" else "b")) == 401

    office.keys("create", "--project", "web", "--name", "ci", code=2)
    new = office.keys("rotate", "--project", "web", "--name", "ci", "--grace", "1h")
    wait_until(lambda: status(gateway, new) == 200, "the new key counts", 5)
    assert status(gateway, key) == 200, "the old one has its grace"
    newest = office.keys("rotate", "--project", "web", "--name", "ci", "--grace", "0h")
    wait_until(lambda: status(gateway, key) == 401, "no grace is left", 5)
    assert status(gateway, newest) == 200
    lasting = {row.split("\t")[0]: row.split("\t")[4] for row in office.keys("list").splitlines()}
    assert "never" not in lasting.values(), "a key that takes another's place lasts as long"
    office.keys("revoke", "--project", "web", "--name", "ci")
    wait_until(lambda: status(gateway, newest) == 401, "it is revoked", 5)
    assert status(gateway, None) == 401, "revoked keys do not open the gateway"
    rows = [line.split("\t") for line in office.keys("list").splitlines()]
    assert [row[1:4] for row in rows] == [["revoked", "web", "ci"]] * 3 or {row[1] for row in rows} <= {"revoked", "expired"}

    # Nothing of a key is anywhere but its prefix.
    assert stat.S_IMODE(os.stat(office.file).st_mode) == 0o600
    seen = office.file.read_text() + gateway.stderr + gateway.stdout
    for secret in (key, new, newest):
        assert secret not in seen and secret[11:] not in seen


def test_keys_of_a_project_that_nobody_configured(start):
    office = Office(start, projects=[{"name": "web", "allowed_models": ["haiku"]}])
    office.keys("create", "--project", "wbe", "--name", "z")
    gateway = office.gateway()
    wait_until(lambda: "the project wbe, which the configuration does not have" in gateway.stderr, "it is said", 5)
    refused = ask(gateway.port, "POST", "/admin/keys", b'{"name": "a", "project": "wbe"}', ADMIN)
    assert refused.status == 400 and "there is no wbe in the configuration; there are default, web" in refused.body.decode()
    assert ask(gateway.port, "POST", "/admin/keys", b'{"name": "a", "project": "web"}', ADMIN).status == 201


def test_a_grace_is_no_lifetime(start):
    gateway = Office(start).gateway()

    def change(method, target, body=None):
        return ask(gateway.port, method, f"/admin/keys{target}", body and json.dumps(body).encode(), ADMIN).json()

    first = change("POST", "", {"name": "ops"})
    leaked = change("POST", f"/{first['id']}/rotate", {"grace_hours": 24})
    change("DELETE", f"/{leaked['id']}")
    last = change("POST", f"/{first['id']}/rotate", {"grace_hours": 0})
    assert first.get("expires") is None and last.get("expires") is None, "it was never to end"
    assert status(gateway, last["key"]) == 200 and status(gateway, first["key"]) == 401


def test_admin_keys(start):
    office = Office(start)
    gateway = office.gateway()
    assert ask(gateway.port, "GET", "/admin/keys").status == 401
    made = ask(gateway.port, "POST", "/admin/keys", json.dumps({"name": "ops"}).encode(), ADMIN)
    assert made.status == 201
    made = made.json()
    # At once, and for the command line, too.
    assert status(gateway, made["key"]) == 200 and status(gateway, None) == 401
    assert made["id"] in office.keys("list")
    listed = ask(gateway.port, "GET", "/admin/keys", None, ADMIN)
    assert made["key"] not in listed.body.decode()
    assert [row["state"] for row in listed.json()["keys"]] == ["active"]
    rotated = ask(gateway.port, "POST", f"/admin/keys/{made['id']}/rotate", b'{"grace_hours": 0}', ADMIN).json()
    assert status(gateway, rotated["key"]) == 200 and status(gateway, made["key"]) == 401
    assert rotated["fingerprint"] == made["fingerprint"]
    assert ask(gateway.port, "DELETE", f"/admin/keys/{rotated['id']}", None, ADMIN).json() == {"revoked": 1}
    assert status(gateway, rotated["key"]) == 401
    for method, target, body in (
        ("POST", "/admin/keys", b"{}"), ("POST", "/admin/keys", b'{"name": "a b"}'), ("DELETE", "/admin/keys/none", None),
        ("POST", "/admin/keys", b'{"name": "x", "expires_in_days": 0}'),
    ):
        assert ask(gateway.port, method, target, body, ADMIN).status == 400


def test_a_hash_in_the_configuration(start):
    office = Office(start)
    made = subprocess.run(
        [binary("gatewayd"), "keys", "create", "--name", "ci"], env=office.environment, capture_output=True, text=True
    )
    key, text = made.stdout.strip(), made.stderr.split('key_hash: "')[1].split('"')[0]
    office.file.unlink()
    entry = {"name": "ci", "key_hash": text, "limits": {"rpm": 1}, "budget": {"usd_per_day": 2}}
    office.config["projects"] = [{"name": "web", "keys": [entry], "budget": {"usd_per_day": 5}}]
    gateway = office.gateway()
    assert status(gateway, None) == 401
    assert status(gateway, key) == 200
    assert status(gateway, key) == 429, "the key's own limit"
    answer = ask(gateway.port, "GET", "/admin/budgets", None, ADMIN).json()["budgets"]
    rows = {row["scope"]: row for row in answer}
    assert rows["project:web"]["day"]["limit_usd"] == 5 and rows["project:web"]["day"]["spent_usd"] > 0
    assert rows["project:web"]["reserved_usd"] == 0
    assert [row["day"]["limit_usd"] for scope, row in rows.items() if scope.startswith("key:")] == [2]
    projects = ask(gateway.port, "GET", "/admin/projects", None, ADMIN).json()["projects"]
    assert [(project["name"], project["keys"]) for project in projects] == [("web", 1)]
    shown = subprocess.run(
        [binary("gatewayd"), "check-config", "--config", gateway.config], env=office.environment, capture_output=True, text=True
    )
    assert shown.returncode == 0 and text not in shown.stdout


def test_a_damaged_keys_file_lets_nobody_in(start):
    office = Office(start)
    office.keys("create", "--name", "ci")
    office.file.write_text("{")
    done = subprocess.run(
        [binary("gatewayd"), "--port", "0", "--demo"], env=office.environment, capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 2 and "keys is damaged" in done.stderr


@pytest.mark.parametrize("flag,expected", [("false", "default"), ("true", "web")])
def test_projects_can_be_switched_off(start, flag, expected):
    office = Office(start, projects=[{"name": "web", "keys": ["web-key"]}])
    office.environment["ENABLE_MULTI_PROJECT"] = flag
    gateway = office.gateway()
    assert status(gateway, "web-key") == 200
    rows = ask(gateway.port, "GET", "/admin/budgets", None, ADMIN).json()["budgets"]
    assert f"project:{expected}" in [row["scope"] for row in rows]


def test_a_key_of_its_own_bounds(start):
    """Given on the command line and over HTTP, they hold for that key alone, and for the one that takes its place."""
    upstream = start.upstream()
    gateway = start.gateway(config(backend("a", upstream.url), auth={"admin_key": "operator-key"}))
    environment = processes.xdg(gateway.directory)
    program = processes.binary("gatewayd")

    def keys(*arguments):
        return subprocess.run([program, "keys", *arguments], env=environment, capture_output=True, text=True, timeout=20)

    bounded = keys("create", "--name", "ci", "--rpm", "1", "--usd-per-day", "2.50").stdout.strip()
    admin = {"x-api-key": "operator-key"}
    made = wire.ask(
        gateway.port, "POST", "/admin/keys", {"name": "web", "limits": {"rpm": 2}, "budget": {"usd_per_month": 7}}, admin
    )
    assert made.status == 201, made.body
    other = made.json()["key"]

    def ask(key):
        return messages(gateway.port, prompt(model="a"), headers={"x-api-key": key}).status

    wait_until(lambda: ask(bounded) == 200, "the daemon knows the key")
    assert ask(bounded) == 429
    assert [ask(other), ask(other), ask(other)] == [200, 200, 429]
    rows = {row["name"]: row for row in wire.get_json(gateway.port, "/admin/keys", admin)["keys"]}
    assert rows["ci"]["limits"] == {"rpm": 1} and rows["ci"]["budget"] == {"usd_per_day": 2.5}
    assert rows["web"]["limits"] == {"rpm": 2} and rows["web"]["budget"] == {"usd_per_month": 7}
    budgets = {row["scope"]: row for row in wire.get_json(gateway.port, "/admin/budgets", admin)["budgets"]}
    assert budgets[f"key:{rows['ci']['fingerprint']}"]["day"]["limit_usd"] == 2.5
    successor = keys("rotate", "--name", "ci", "--grace", "0h").stdout.strip()
    wait_until(lambda: ask(successor) == 429, "the successor is known, and its minute is used up")

    for arguments, complaint in (
        (("--rpm", "0"), "rpm: expected a whole number from 1"),
        (("--usd-per-day", "much"), "--usd-per-day: expected dollars"),
    ):
        refused = keys("create", "--name", "bad", *arguments)
        assert refused.returncode != 0 and complaint in refused.stderr
    refused = wire.ask(gateway.port, "POST", "/admin/keys", {"name": "bad", "limits": {"rpm": 0}}, admin)
    wire.assert_error(refused, 400, "invalid_request_error")
    assert b"rpm" in refused.body


def test_a_project_of_its_own_ways(start):
    """Routing, sharing of answers and reduction as its project has them; everybody else's are the general ones."""
    upstream = start.upstream()
    web = {"name": "web", "keys": ["web-one", "web-two"], "routing_mode": "always", "cache_scope": "key",
           "reduction": {"user_msg_max_chars": 1000}}  # fmt: skip
    other = {"name": "other", "keys": ["other-one", "other-two"]}
    gateway = start.gateway(
        config(
            backend("cheap", upstream.url, "claude-haiku-4-5-20251001"),
            backend("dear", upstream.url, "claude-opus-4-7", tier="premium"),
            projects=[web, other],
            cache={"enabled": True, "disk": False},
        )
    )

    def ask(key, text="Hello"):
        answer = messages(gateway.port, prompt(text, model="dear", max_tokens=64), headers={"x-api-key": key})
        assert answer.status == 200, answer.body
        return answer

    # routing.mode is off, but the project's requests are routed; the others get whom they name.
    assert ask("other-one")["x-gateway-model"] == "claude-opus-4-7"
    assert ask("web-one")["x-gateway-model"] == "claude-haiku-4-5-20251001"
    assert len(upstream.requests) == 2
    assert ask("other-two")["x-cache"] == "HIT"
    assert ask("web-two")["x-cache"] == "MISS"
    assert len(upstream.requests) == 3
    long = "word " * 2_000
    ask("other-one", long)
    assert upstream.requests[-1].json()["messages"][0]["content"] == long
    ask("web-one", long)
    assert len(json.dumps(upstream.requests[-1].json()["messages"])) < 1_300


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("routing_mode", "sometimes", "expected one of always, auto, off"),
        ("cache_scope", "everyone", "expected one of key, project, global"),
        ("reduction", {"diff_frist": True}, "diff_frist"),
    ],
)
def test_a_project_that_is_no_good(start, field, value, complaint):
    settings = config(backend("a", "http://127.0.0.1:9"), projects=[{"name": "web", "keys": ["k"], field: value}])
    gateway = start.gateway(settings, wait=False)
    assert gateway.wait() == 2
    assert complaint in gateway.stderr
