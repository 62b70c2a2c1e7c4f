"""What each SDK must get out of each kind of provider through the gateway, with its strict response validation on.

The tests run it as a script, once with the SDKs of today and once with those of a year ago:

    python conformance_cases.py http://127.0.0.1:PORT [llm]

The gateway there has the backends that test_conformance.py names; with `llm` also the two of the real model. It prints a
JSON object: the versions of the SDKs, and for each cell null or how it failed.
"""

import json
import sys
import traceback

import anthropic
import openai

from conformance_answers import ANSWERS, ERROR_LISTS, FAILURES, FIXTURES, TORN, Answer

CLIENTS = ("anthropic", "openai")
PROVIDERS = ("anthropic", "openai", "openai_compatible", "ollama", "simulated", "llama.cpp openai", "llama.cpp anthropic")
KINDS = ("plain", "stream", "tools", "both", "error")
"""`both` is tools in a stream."""


def is_real(provider):
    return provider.startswith("llama.cpp")


TIDE = {
    "type": "object",
    "properties": {"harbour": {"type": "string"}, "hour": {"type": "integer"}},
    "required": ["harbour"],
}
CLOCK = {"type": "object", "properties": {}}
TOOLS = {"lookup_tide": ("Tide height at a harbour.", TIDE), "read_clock": ("Current time, no arguments.", CLOCK)}
FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "refusal": "content_filter",
}


def alias(provider, short):
    """The backend that answers with a fixture."""
    return f"{provider}-{short}"


class Anthropic:
    """The anthropic SDK as a client of any provider."""

    version = anthropic.__version__
    Error = anthropic.APIStatusError

    def __init__(self, url):
        self.sdk = anthropic.Anthropic(
            base_url=url, api_key="any", max_retries=0, timeout=60, _strict_response_validation=True
        )

    def body(self, model, text, tools, limit):
        body = {"model": model, "max_tokens": limit or 300, "messages": [{"role": "user", "content": text}]}
        if tools:
            body["tools"] = [
                {"name": name, "description": words, "input_schema": schema} for name, (words, schema) in tools.items()
            ]
            body["tool_choice"] = {"type": "auto"}
        return body

    def plain(self, model, text="Name one sea bird.", tools=None, limit=None):
        raw = self.sdk.messages.with_raw_response.create(**self.body(model, text, tools, limit))
        return self.read(raw.parse()), raw.headers

    def stream(self, model, text="Count to four.", tools=None, limit=None):
        with self.sdk.messages.stream(**self.body(model, text, tools, limit)) as stream:
            events = list(stream)
            headers = stream.response.headers
            answer = self.read(stream.get_final_message())
        names = [event.type for event in events]
        assert names[0] == "message_start" and names[-1] == "message_stop", names
        starts = [event.index for event in events if event.type == "content_block_start"]
        stops = [event.index for event in events if event.type == "content_block_stop"]
        assert starts == stops == list(range(len(starts))), (starts, stops)
        return answer, headers

    def torn(self, model, text="Go."):
        """The text that came, and the error that ended the stream."""
        said = ""
        try:
            with self.sdk.messages.stream(**self.body(model, text, None, None)) as stream:
                for piece in stream.text_stream:
                    said += piece
        except anthropic.APIStatusError as error:
            assert error.body["type"] == "error" and error.body["error"]["type"].endswith("_error"), error.body
            return said, error.body["error"]["message"]
        raise AssertionError(f"a torn stream passed for a whole one, after {said!r}")

    def read(self, message):
        assert message.type == "message" and message.role == "assistant" and message.id and message.model
        usage = message.usage.model_dump()
        blocks = message.content
        return Answer(
            text="".join(block.text for block in blocks if block.type == "text"),
            stop=message.stop_reason,
            stop_sequence=message.stop_sequence,
            input=usage["input_tokens"],
            output=usage["output_tokens"],
            cache_read=usage.get("cache_read_input_tokens") or 0,
            cache_write=usage.get("cache_creation_input_tokens") or 0,
            thinking="".join(block.thinking for block in blocks if block.type == "thinking"),
            tools=[(block.id, block.name, block.input) for block in blocks if block.type == "tool_use"],
        )

    def compare(self, got, expected):
        for name in ("text", "stop", "thinking", "tools", "cache_read", "cache_write"):
            assert getattr(got, name) == getattr(expected, name), (name, getattr(got, name), getattr(expected, name))
        if expected.stop_sequence:
            assert got.stop_sequence == expected.stop_sequence
        if expected.input is None:
            assert got.input > 0 and got.output > 0, (got.input, got.output)
        else:
            assert (got.input, got.output) == (expected.input, expected.output), (got.input, got.output)

    def check_error(self, error, expected):
        body = error.body
        assert body["type"] == "error" and body["error"]["type"] == expected.kind, body
        return body["error"]["message"]


class OpenAI:
    """The openai SDK as a client of any provider."""

    version = openai.__version__
    Error = openai.APIStatusError

    def __init__(self, url):
        self.sdk = openai.OpenAI(
            base_url=f"{url}/v1", api_key="any", max_retries=0, timeout=60, _strict_response_validation=True
        )

    def body(self, model, text, tools, limit):
        body = {"model": model, "messages": [{"role": "user", "content": text}]}
        if limit:
            body["max_completion_tokens"] = limit
        if tools:
            body["tools"] = [
                {"type": "function", "function": {"name": name, "description": words, "parameters": schema}}
                for name, (words, schema) in tools.items()
            ]
            body["tool_choice"] = "auto"
        return body

    def plain(self, model, text="Name one sea bird.", tools=None, limit=None):
        raw = self.sdk.chat.completions.with_raw_response.create(**self.body(model, text, tools, limit))
        return self.read(raw.parse()), raw.headers

    def stream(self, model, text="Count to four.", tools=None, limit=None):
        body = self.body(model, text, tools, limit) | {"stream": True, "stream_options": {"include_usage": True}}
        raw = self.sdk.chat.completions.with_raw_response.create(**body)
        got = Answer(stop=None)
        calls = {}
        usage = None
        identities = set()
        for chunk in raw.parse():
            assert chunk.object == "chat.completion.chunk"
            assert usage is None or not chunk.choices, "nothing follows the usage"
            usage = chunk.usage or usage
            for choice in chunk.choices:
                identities.add(chunk.id)
                got.text += choice.delta.content or ""
                got.thinking += reasoning(choice.delta)
                for call in choice.delta.tool_calls or []:
                    if call.index not in calls:
                        assert call.id and call.function.name, "a call begins with its id and name"
                        calls[call.index] = [call.id, call.function.name, ""]
                    else:
                        assert not call.id and not call.function.name, "they are given once"
                    calls[call.index][2] += call.function.arguments or ""
                if choice.finish_reason:
                    assert got.stop is None, "it finishes once"
                    got.stop = choice.finish_reason
        assert len(identities) == 1, identities
        assert list(calls) == list(range(len(calls))), "the calls are numbered without gaps"
        got.tools = [(identity, name, json.loads(text)) for identity, name, text in calls.values()]
        self.count(got, usage)
        return got, raw.headers

    def torn(self, model, text="Go."):
        said = ""
        try:
            for chunk in self.sdk.chat.completions.create(stream=True, **self.body(model, text, None, None)):
                said += "".join(choice.delta.content or "" for choice in chunk.choices)
        except openai.APIError as error:
            assert not isinstance(error, openai.APIConnectionError), repr(error)
            return said, error.message
        raise AssertionError(f"a torn stream passed for a whole one, after {said!r}")

    def read(self, completion):
        assert completion.object == "chat.completion" and completion.id and completion.model and completion.created > 0
        (choice,) = completion.choices
        message = choice.message
        assert message.role == "assistant"
        got = Answer(
            text=message.content or message.refusal or "",
            stop=choice.finish_reason,
            thinking=reasoning(message),
            tools=[
                (call.id, call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []
            ],
        )
        self.count(got, completion.usage)
        return got

    def count(self, got, usage):
        """Into Anthropic's buckets; without any usage both stay None."""
        if usage is None:
            return
        assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
        details = usage.prompt_tokens_details.model_dump() if usage.prompt_tokens_details else {}
        got.cache_read = details.get("cached_tokens") or 0
        got.cache_write = details.get("cache_write_tokens") or 0
        got.input = usage.prompt_tokens - got.cache_read - got.cache_write
        got.output = usage.completion_tokens

    def compare(self, got, expected):
        for name in ("text", "thinking", "tools", "cache_read", "cache_write"):
            assert getattr(got, name) == getattr(expected, name), (name, getattr(got, name), getattr(expected, name))
        assert got.stop == (expected.finish or FINISH[expected.stop]), got.stop
        if expected.input is not None:
            assert (got.input, got.output) == (expected.input, expected.output), (got.input, got.output)

    def check_error(self, error, expected):
        assert set(error.body) == {"message", "type", "param", "code"}, error.body
        assert error.type
        if expected.kind:
            assert error.code == expected.kind, error.body
        return error.body["message"]


def reasoning(message):
    return getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None) or ""


def ask(client, kind, model, **more):
    """An answer as a cell of this kind gets it."""
    way = client.stream if kind in ("stream", "both") else client.plain
    return way(model, tools=TOOLS if kind in ("tools", "both") else None, **more)


def recorded(client, provider, kind):
    for short in FIXTURES[provider][kind]:
        got, headers = ask(client, kind, alias(provider, short))
        try:
            assert headers["x-gateway-provider"] == provider
            client.compare(got, ANSWERS[short[:3]])
        except AssertionError as problem:
            raise AssertionError(f"{short}: {problem}") from problem


def fail(client, model, expected, text="x"):
    try:
        client.plain(model, text)
    except client.Error as error:
        headers = error.response.headers
        told = f"{model}: {error.status_code} {dict(headers)} {error.body}"
        assert error.status_code == expected.status, told
        assert headers["content-type"].startswith("application/json"), told
        assert expected.words in client.check_error(error, expected), told
        assert expected.retry_after in (None, headers.get("retry-after")), told
        assert expected.should_retry in (None, headers.get("x-should-retry")), told
    else:
        raise AssertionError(f"{model}: no error")


def recorded_errors(client, name, provider):
    dialect = "openai" if provider == "openai_compatible" else provider
    for expected in FAILURES[name, dialect]:
        fail(client, alias(provider, f"{ERROR_LISTS[provider]}-{expected.number}"), expected)
    for short, (said, words) in TORN[provider].items():
        got = client.torn(alias(provider, short))
        assert got[0] == said and words in got[1] and got[1], (short, got)


def simulated(client, kind):
    marker = "[[simulate: tool]]" if kind in ("tools", "both") else "[[simulate: tokens=12]]"
    got, headers = ask(client, kind, "simulated", text=f"A gannet? {marker}")
    assert headers["x-gateway-provider"] == "simulated" and headers["x-gateway-simulated"] == "true"
    assert got.input > 0 and got.output > 0
    if kind in ("tools", "both"):
        assert got.stop in ("tool_use", "tool_calls")
        ((identity, name, given),) = got.tools
        assert identity and name == "lookup_tide" and isinstance(given["harbour"], str), got.tools
    else:
        assert got.stop in ("end_turn", "stop") and got.text.startswith("[simulated]"), got


def simulated_errors(client, name):
    for expected in FAILURES[name, "simulated"]:
        fail(client, "simulated", expected, f"Fail. [[simulate: status={expected.number}]]")
    for words in ("error=6", "cut=6"):
        said, message = client.torn("simulated", f"Break. [[simulate: tokens=40 {words}]]")
        assert said and message


def real(client, kind, model):
    """A real model's wording means nothing and is not looked at; a small one is offered tools but never calls them."""
    if kind == "error":
        try:
            client.plain(model, "word " * 6_000)  # the kit's context window is 4,096 tokens
        except client.Error as error:
            assert 400 <= error.status_code < 600 and error.status_code not in (401, 403)
            assert (error.body.get("error") or error.body)["message"]
            return
        raise AssertionError("no error")
    got, _ = ask(client, kind, model, limit=6)
    assert got.stop in ("end_turn", "max_tokens", "stop_sequence", "stop", "length"), got.stop
    assert got.text and got.input + got.cache_read > 0 and 1 <= got.output <= 6


def run(client, name, provider, kind):
    if is_real(provider):
        real(client, kind, provider.replace(" ", "-"))
    elif provider == "simulated":
        simulated_errors(client, name) if kind == "error" else simulated(client, kind)
    elif kind == "error":
        recorded_errors(client, name, provider)
    else:
        recorded(client, provider, kind)


def main():
    url, *options = sys.argv[1:]
    results = {"versions": {"anthropic": Anthropic.version, "openai": OpenAI.version}, "cells": []}
    for name, client in (("anthropic", Anthropic(url)), ("openai", OpenAI(url))):
        for provider in PROVIDERS:
            if is_real(provider) and "llm" not in options:
                continue
            for kind in KINDS:
                try:
                    run(client, name, provider, kind)
                    results["cells"].append([name, provider, kind, None])
                except Exception:
                    results["cells"].append([name, provider, kind, traceback.format_exc()])
    print(json.dumps(results))


if __name__ == "__main__":
    main()
