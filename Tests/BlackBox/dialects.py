"""Clients of both dialects before backends of three kinds."""

import json

from processes import backend
from wire import assert_error, assert_openai_error, chat, completions, messages, prompt, response_bytes

CLIENTS = ["anthropic", "openai"]
BACKENDS = ["claude", "compatible", "ollama"]
KINDS = {"claude": "anthropic", "compatible": "openai_compatible", "ollama": "ollama"}
FAR = [(client, name) for client in CLIENTS for name in BACKENDS if not KINDS[name].startswith(client)]
"""Where a translation takes place."""


def models(url, **more):
    return [backend(name, url, "m", provider=kind, **more) for name, kind in KINDS.items()]


def send(gateway, client, body, **more):
    way = messages if client == "anthropic" else completions
    return way(gateway.port, body, **more)


def ask(client, name, **more):
    return (prompt if client == "anthropic" else chat)("x", name, **more)


def assert_refused(client, answer, status=400, kind="invalid_request_error"):
    """An error of the gateway's in the client's envelope. Returns its message."""
    if client == "anthropic":
        return assert_error(answer, status, kind)
    return assert_openai_error(answer, status)["message"]


def whole_ollama(wire_kit):
    """An Ollama server that is asked for no stream: the recorded lines as one object."""

    def answer(request, connection):
        model = request.json()["model"]
        recording = wire_kit / "fixtures" / f"{model.removeprefix('fx-')}.ndjson"
        lines = [json.loads(line) for line in recording.read_text().splitlines()]
        message = {"role": "assistant", "content": "", "thinking": "", "tool_calls": []}
        for line in lines:
            for name in ("content", "thinking", "tool_calls"):
                message[name] += line["message"].get(name, type(message[name])())
        whole = lines[-1] | {"message": {name: value for name, value in message.items() if value or name == "content"}}
        assert request.target == "/api/chat" and request.json()["stream"] is False
        connection.sendall(response_bytes(body=json.dumps(whole).encode()))

    return answer
