"""Skills: the built-in ones, the operator's own, and where they are listed."""

import pytest

import processes
import wire
from processes import REPOSITORY, backend, config, xdg
from test_control import Client
from wire import get_json

BUILT_IN = ["architecture-review", "brainstorming", "code-review", "concise-planning", "git-pushing", "quick-fix",
            "security-audit", "systematic-debugging"]


def skill(directory, name, text="Do it.", front="purpose: A purpose of its own\n"):
    path = directory / "skills" / f"{name}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"---\nid: {name}\n{front}---\n{text}\n")
    return path


def test_the_list(start):
    directory = start.directory()
    skill(directory, "release-notes", front="purpose: Notes that users read\nuse_when: At the end\ntier: [premium, 1]\n")
    skill(directory, "quick-fix")
    upstream = start.upstream(wire.reply_by_path)
    gateway = start.gateway(
        config(backend("quick", upstream.url), auth={"keys": ["client-key"]}, skills={"path": None}), directory=directory
    )
    body = get_json(gateway.port, "/v1/skills", {"x-api-key": "client-key"})
    assert body["is_enabled"] is True
    listed = {entry["id"]: entry for entry in body["skills"]}
    assert list(listed) == sorted(BUILT_IN + ["release-notes"])
    assert listed["release-notes"] == {"id": "release-notes", "purpose": "Notes that users read",
                                       "use_when": "At the end", "tiers": ["premium", "fast"], "source": "user"}
    assert listed["quick-fix"] == {"id": "quick-fix", "purpose": "A purpose of its own", "use_when": "", "tiers": [],
                                   "source": "user"}
    assert listed["security-audit"]["tiers"] == ["premium"] and listed["security-audit"]["source"] == "built_in"
    assert all(entry["purpose"] and "text" not in entry for entry in listed.values())
    assert wire.ask(gateway.port, "GET", "/v1/skills").status == 401
    control = Client(gateway)
    assert control.call("skills.list") == body
    control.close()


def test_only_reading(start):
    gateway = start.gateway(None, "--demo")
    answer = wire.ask(gateway.port, "POST", "/v1/skills", b"{}")
    assert answer.status == 405 and answer["allow"] == "GET"
    assert len(get_json(gateway.port, "/v1/v1/skills")["skills"]) == 8


def test_switched_off(start):
    directory = start.directory()
    skill(directory, "Bad Name")  # not looked at
    environment = xdg(directory, ENABLE_SKILLS="0")
    gateway = start.gateway({"routing": {"mode": "off"}}, "--demo", directory=directory, environment=environment)
    assert get_json(gateway.port, "/v1/skills") == {"is_enabled": False, "skills": []}
    control = Client(gateway)
    refused = control.ask("route.explain", prompt="teh", skill="quick-fix")
    assert "skills.enabled" in refused["error"]["message"]
    control.close()


def test_a_dry_run_goes_where_the_skill_wants(start):
    gateway = start.gateway(None, "--demo")
    control = Client(gateway)

    def chosen(**more):
        decision = control.call("route.explain", prompt="What is the capital of France?", **more)
        return decision["estimated_input_tokens"], next(c["tier"] for c in decision["candidates"] if c["is_chosen"])

    plain, tier = chosen()
    assert tier in ("local", "fast")
    longer, tier = chosen(skill="security-audit")
    assert tier == "premium" and longer > plain + 200
    assert chosen(skill="security-audit", tier="fast")[1] == "fast"
    refused = control.ask("route.explain", prompt="hello", skill="nonsense")
    assert refused["error"]["code"] == -32602
    assert all(word in refused["error"]["message"] for word in BUILT_IN + ["nonsense"])
    control.close()


@pytest.fixture
def run(start):
    def run(directory, *arguments):
        command = [processes.binary("gatewayd"), *map(str, arguments)]
        child = start.adopt(processes.Child("gatewayd", command, xdg(directory), directory))
        return child.wait(15), child.stdout, child.stderr

    return run


def test_check_config_names_every_bad_file(start, run):
    directory = start.directory()
    path = directory / "config.yaml"
    path.write_text("routing: {mode: off}\n")
    skill(directory, "mine")
    code, out, err = run(directory, "check-config", "--config", path)
    assert code == 0, err
    assert f"skills in force: 8 built in, 1 from {directory}/skills" in out
    skill(directory, "tiers", front="purpose: p\ntier: fats\n")
    skill(directory, "empty", text="")
    code, out, err = run(directory, "check-config", "--config", path)
    assert code == 2 and "configuration is valid" not in out
    assert [line for line in err.splitlines() if "warning" not in line] == [
        f"gatewayd: {directory}/skills/empty.md:4: expected the method as text below this line",
        f"gatewayd: {directory}/skills/tiers.md:4: tier: expected local, fast, balanced, premium or 0 to 3, "
        'got "fats" (did you mean fast?)',
    ]
    code, _, err = run(directory, "serve", "--config", path, "--port", "0", "--socket", directory / "s.sock")
    assert code == 2 and "skills/empty.md:4: " in err


def test_the_repositorys_own_directory_changes_nothing(start, run):
    code, out, err = run(start.directory(), "check-config", "--config", REPOSITORY / "config.yaml")
    assert code == 0, err
    assert f"skills in force: 8 built in, 0 from {REPOSITORY}/skills" in out
