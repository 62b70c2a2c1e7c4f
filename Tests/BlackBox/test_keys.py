"""Client keys as the operator makes and ends them, and what is to be seen of them."""

import json
import os
import stat
import subprocess
import time

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
