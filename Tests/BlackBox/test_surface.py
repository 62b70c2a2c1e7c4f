"""The names and fields that steer, the lists of models, /chat and counting, for every dialect and kind of backend."""

import pytest

import wire
from dialects import CLIENTS, KINDS, ask, assert_refused, models, send
from processes import backend, config, xdg
from wire import assert_error, assert_openai_error, chat, completions, get_json, messages, prompt

ANTHROPIC = {"anthropic-version": "2023-06-01"}


@pytest.fixture(scope="module")
def standing(start_shared):
    """A cloud backend of each tier, and two servers of local models."""
    upstream = start_shared.upstream(wire.reply_by_path)
    prices = {"cost_per_1k_in": 0.01, "cost_per_1k_out": 0.1}
    free = {"cost_per_1k_in": 0, "cost_per_1k_out": 0}
    gateway = start_shared.gateway(
        config(
            backend("quick", upstream.url, "claude-haiku-4-5", "fast", **prices),
            backend("strong", upstream.url, "claude-opus-4-7", "premium", **prices),
            backend(
                "coder",
                upstream.url,
                "qwen3:8b",
                "local",
                provider="ollama",
                allowed_models=["llama3.2:latest"],
                num_ctx=16384,
                headers={"X-Tenant": "t1"},
                **free,
            ),
            backend("home", upstream.url, "gemma", "local", provider="openai_compatible", **free),
            routing={"mode": "auto"},
        )
    )
    return gateway, upstream


@pytest.fixture
def pair(standing):
    standing[1].requests.clear()
    return standing


# Names


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("name", "model", "tier"),
    [
        ("quick", "claude-haiku-4-5", "fast"),
        ("STRONG", "claude-opus-4-7", "premium"),
        ("claude-opus-4-7", "claude-opus-4-7", "premium"),
        ("premium", "claude-opus-4-7", "premium"),
        ("coder", "qwen3:8b", "local"),
        ("home", "gemma", "local"),
        ("local", "qwen3:8b", "local"),
        ("local:qwen3:8b", "qwen3:8b", "local"),
        ("local:llama3.2:latest", "llama3.2:latest", "local"),
        ("local:gemma", "gemma", "local"),
        ("auto", "claude-haiku-4-5", "fast"),
        ("smartroute", "claude-haiku-4-5", "fast"),
        ("claude-gateway-auto", "claude-haiku-4-5", "fast"),
    ],
)
def test_name_leads_to_its_model(pair, client, name, model, tier):
    gateway, upstream = pair
    answer = send(gateway, client, ask(client, name))
    assert answer.status == 200, answer.body
    assert upstream.requests[0].json()["model"] == model
    assert (answer["x-gateway-model"], answer["x-gateway-tier"]) == (model, tier)


@pytest.mark.parametrize("client", CLIENTS)
def test_unknown_names(pair, client):
    gateway, upstream = pair
    answer = send(gateway, client, ask(client, "nonesuch"))
    assert "nonesuch" in assert_refused(client, answer, 404, "not_found_error")
    answer = send(gateway, client, ask(client, "local:nonesuch"))
    message = assert_refused(client, answer, 400)
    assert "nonesuch" in message and "qwen3:8b" in message, "it says what there is"
    assert upstream.requests == []


@pytest.mark.parametrize("client", CLIENTS)
def test_local_without_a_local_backend(start, client):
    gateway = start.gateway(config(*models("http://127.0.0.1:9")))
    bodies = [ask(client, "local:qwen3:8b"), ask(client, "local")]
    if client == "openai":
        bodies.append(ask(client, "qwen3:8b", provider="local"))
    for body in bodies:
        answer = send(gateway, client, body)
        assert "LOCAL_LLM_BASE_URL" in assert_refused(client, answer, 500, "api_error")
        assert answer["x-should-retry"] == "false" and answer["x-gateway-error"] == "not_configured"


def test_local_server_from_the_environment(start):
    upstream = start.upstream(wire.reply_by_path)
    directory = start.directory()
    environment = xdg(
        directory,
        LOCAL_LLM_BASE_URL=upstream.url,
        LOCAL_LLM_DEFAULT_MODEL="qwen3:8b",
        LOCAL_CF_ACCESS_CLIENT_ID="cf-id",
        LOCAL_CF_ACCESS_CLIENT_SECRET="cf-secret",
    )
    gateway = start.gateway(config(backend("a", "http://127.0.0.1:9")), directory=directory, environment=environment)
    answer = completions(gateway.port, chat(model="local:qwen3:8b"))
    assert answer.status == 200, answer.body
    request = upstream.requests[0]
    assert (request.target, request.json()["model"]) == ("/api/chat", "qwen3:8b")
    assert (request["cf-access-client-id"], request["cf-access-client-secret"]) == ("cf-id", "cf-secret")
    assert "cf-secret" not in repr(answer.headers) + answer.body.decode()


# Fields


@pytest.mark.parametrize(
    ("name", "model"),
    [("qwen3:8b", "qwen3:8b"), ("gemma", "gemma"), ("home", "gemma"), ("auto", "qwen3:8b"), ("local:gemma", "gemma")],
)
def test_provider_local(pair, name, model):
    gateway, upstream = pair
    answer = completions(gateway.port, chat(model=name, provider="local"))
    assert answer.status == 200, answer.body
    arrived = upstream.requests[0].json()
    assert arrived["model"] == model and "provider" not in arrived
    assert answer["x-gateway-tier"] == "local"


def test_provider_local_with_an_unknown_model(pair):
    gateway, upstream = pair
    answer = completions(gateway.port, chat(model="nonesuch", provider="local"))
    assert "nonesuch" in assert_openai_error(answer, 400)["message"]
    assert upstream.requests == []


def test_smart_routing_in_the_body(pair):
    gateway, upstream = pair
    for wish, header, model in (
        (True, None, "claude-haiku-4-5"),
        (False, None, "claude-opus-4-7"),
        (False, "1", "claude-haiku-4-5"),
        (True, "0", "claude-opus-4-7"),
    ):
        headers = {"X-Gateway-Smart-Routing": header} if header else {}
        answer = completions(gateway.port, chat(model="strong", smart_routing=wish), headers)
        assert answer.status == 200 and answer["x-gateway-model"] == model, (wish, header)
        assert "smart_routing" not in upstream.requests[-1].json()
    answer = completions(gateway.port, chat(model="strong", smart_routing="yes"))
    assert assert_openai_error(answer, 400)["param"] == "smart_routing"


def test_settings_of_the_backend_arrive(pair):
    gateway, upstream = pair
    assert completions(gateway.port, chat(model="coder", max_tokens=9)).status == 200
    request = upstream.requests[0]
    assert request.json()["options"] == {"num_predict": 9, "num_ctx": 16384}
    assert (request["x-tenant"], request["authorization"]) == ("t1", "Bearer upstream-secret")
    assert request.json()["stream"] is False


def test_limit_where_the_client_sets_none(start):
    upstream = start.upstream(wire.reply_by_path)
    gateway = start.gateway(config(*models(upstream.url), default_max_tokens=777))
    for name in KINDS:
        assert completions(gateway.port, chat(model=name)).status == 200
    claude, compatible, ollama = (request.json() for request in upstream.requests)
    assert claude["max_tokens"] == 777
    assert "max_tokens" not in compatible, "the client's own dialect needs none"
    assert "num_predict" not in ollama.get("options", {}) or ollama["options"]["num_predict"] == 777


# Lists of models


def test_models_for_openais_clients(pair):
    gateway, upstream = pair
    answer = get_json(gateway.port, "/v1/models", headers={"authorization": "Bearer any"})
    assert answer["object"] == "list" and set(answer) == {"object", "data"}
    ids = [model["id"] for model in answer["data"]]
    expected = {"auto", "smartroute", "claude-gateway-auto", "quick", "strong", "coder", "home", "claude-haiku-4-5"}
    expected |= {"local:qwen3:8b", "local:llama3.2:latest", "local:gemma"}
    assert expected <= set(ids) and len(ids) == len(set(ids))
    for model in answer["data"]:
        assert set(model) == {"id", "object", "created", "owned_by"} and model["object"] == "model"
        assert completions(gateway.port, chat(model=model["id"])).status == 200, model["id"]
    one = get_json(gateway.port, "/v1/models/local:qwen3:8b", headers={"authorization": "Bearer any"})
    assert one == next(model for model in answer["data"] if model["id"] == "local:qwen3:8b")
    missing = wire.ask(gateway.port, "GET", "/v1/models/nonesuch", headers={"authorization": "Bearer any"})
    assert "nonesuch" in assert_openai_error(missing, 404)["message"]


def test_models_for_anthropics_clients(pair):
    gateway, upstream = pair
    page = get_json(gateway.port, "/v1/models?limit=1000", headers=ANTHROPIC)
    ids = [model["id"] for model in page["data"]]
    assert (page["has_more"], page["first_id"], page["last_id"]) == (False, ids[0], ids[-1])
    assert {"auto", "quick", "coder", "local:gemma"} <= set(ids)
    assert any("claude" in name for name in ids), "agents keep only names that hold it"
    for model in page["data"]:
        assert model["type"] == "model" and model["display_name"] and model["created_at"].endswith("Z")
    first = get_json(gateway.port, "/v1/models?limit=2", headers=ANTHROPIC)
    second = get_json(gateway.port, f"/v1/models?limit=2&after_id={first['last_id']}", headers=ANTHROPIC)
    assert [model["id"] for model in first["data"] + second["data"]] == ids[:4] and first["has_more"] is True
    assert get_json(gateway.port, "/v1/models/quick", headers=ANTHROPIC)["id"] == "quick"
    assert upstream.requests == []
    assert_error(wire.ask(gateway.port, "GET", "/v1/models?limit=0", headers=ANTHROPIC), 400, "invalid_request_error")


# Counting and /chat


def test_count_tokens_for_every_backend(wire_kit, start):
    fake = start.fake()
    gateway = start.gateway(config(*[model | {"model": "fx-a19-count-tokens"} for model in models(fake.url)]))
    for name in KINDS:
        body = {key: value for key, value in prompt("word " * 100, name).items() if key != "max_tokens"}
        answer = messages(gateway.port, body, target="/v1/messages/count_tokens")
        assert answer.status == 200
        if name == "claude":
            assert (answer.body, answer["x-gateway-warning"]) == (b'{"input_tokens":57}', None)
        else:
            # 500 characters; families differ between two and five to a token.
            assert 100 <= answer.json()["input_tokens"] <= 250 and "estimate" in answer["x-gateway-warning"]
    assert len(fake.log()["requests"]) == 1
    totals = get_json(gateway.port, "/v1/metrics")["since_start"]
    assert totals["requests"] == 0 and totals["cost_usd"] == 0


def test_chat_for_every_backend(pair):
    gateway, upstream = pair
    for name, cost in (("quick", 0.0004), ("coder", 0), ("home", 0), ("auto", 0.0004)):
        body = {"message": "Hello", "model": name, "system": "Be brief.", "max_tokens": 50}
        answer = wire.ask(gateway.port, "POST", "/chat", body)
        assert answer.status == 200, answer.body
        told = answer.json()
        assert (told["reply"], told["stop_reason"], told["cache"]) == ("Hi.", "end_turn", "none")
        assert (told["input_tokens"], told["output_tokens"]) == (10, 3)
        assert told["cost_usd"] == pytest.approx(cost) and told["query_id"] == answer["x-gateway-query-id"]
        assert "Be brief." in upstream.requests[-1].body.decode()
    assert wire.ask(gateway.port, "POST", "/chat", {"message": "Hello"}).json()["tier"] == "fast"


@pytest.mark.parametrize(
    "body", [{}, [], {"message": ""}, {"message": 7}, {"message": "x", "max_tokens": 0}, {"message": "x", "model": []}]
)
def test_chat_refuses(pair, body):
    gateway, upstream = pair
    assert wire.ask(gateway.port, "POST", "/chat", body).status == 400
    assert upstream.requests == []


# The envelope of errors that come before any backend


def test_early_errors_are_in_the_clients_envelope(start):
    upstream = start.upstream(wire.reply_by_path)
    gateway = start.gateway(config(*models(upstream.url), auth={"keys": ["k"]}, server={"max_body_bytes": 2000}))
    good = {"authorization": "Bearer k"}
    assert_openai_error(completions(gateway.port, chat(model="claude")), 401, "invalid_api_key")
    assert_openai_error(completions(gateway.port, chat("x" * 3000, "claude"), good), 413)
    assert_openai_error(completions(gateway.port, b"\x28\xb5", good | {"content-encoding": "zstd"}), 415)
    answer = wire.ask(gateway.port, "GET", "/v1/chat/completions", headers=good)
    assert_openai_error(answer, 405)
    assert answer["allow"] == "POST"
    assert completions(gateway.port, chat(model="claude"), good).status == 200
    assert len(upstream.requests) == 1
