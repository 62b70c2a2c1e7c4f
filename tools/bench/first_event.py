#!/usr/bin/env python3
"""How long an event of a stream takes from the provider's side of the gateway to the client's, one stream at a time.

    tools/bench/first_event.py [GATEWAYD] [--streams 300]

A provider of its own notes the moment at which it sends the first event of a stream, and five milliseconds later that of the
first text; the client notes when it has them. Each way of asking is a line: straight to the provider; a named model with
routing off; a routed request whose answer nobody judges; and one that is judged, whose beginning is held back until that is
done (docs/decisions/0013-streams-are-held-back.md), so that it has the time until the judgement in it.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODELS = (("haiku", "claude-haiku-4-5-20251001", "fast"), ("sonnet", "claude-sonnet-4-6", "balanced"),
          ("opus", "claude-opus-4-7", "premium"))
PAUSE_SECONDS = 0.005
TEXT = b"Paris is"


def event(kind, **more):
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | more)}\n\n".encode()


BEGIN = event("message_start", message={
    "id": "msg_1", "type": "message", "role": "assistant", "model": MODELS[0][1], "content": [], "stop_reason": None,
    "stop_sequence": None, "usage": {"input_tokens": 10, "output_tokens": 1}})
MIDDLE = event("content_block_start", index=0, content_block={"type": "text", "text": ""}) + event(
    "content_block_delta", index=0, delta={"type": "text_delta", "text": "Paris is the capital of France."})
END = event("content_block_stop", index=0) + event(
    "message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 5}) + event("message_stop")
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(piece):
    return b"%x\r\n%s\r\n" % (len(piece), piece)


class Provider:
    """One stream at a time is looked at; `sent` are the moments of its first event and of its first text."""

    def __init__(self):
        self.sent = [0, 0]
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

    def serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting = b""
        while True:
            while b"\r\n\r\n" not in waiting:
                piece = connection.recv(65536)
                if not piece:
                    return
                waiting += piece
            head, waiting = waiting.split(b"\r\n\r\n", 1)
            length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            while len(waiting) < length:
                waiting += connection.recv(65536)
            waiting = waiting[length:]
            time.sleep(PAUSE_SECONDS)
            self.sent[0] = time.monotonic_ns()
            connection.sendall(HEAD + chunk(BEGIN))
            time.sleep(PAUSE_SECONDS)
            self.sent[1] = time.monotonic_ns()
            connection.sendall(chunk(MIDDLE))
            time.sleep(PAUSE_SECONDS)
            connection.sendall(chunk(END) + b"0\r\n\r\n")


def measure(provider, port, model, streams):
    """Milliseconds from the provider's sending to the client's having it: of first events, and of first texts."""
    times = [[], []]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(streams):
            body = json.dumps({"model": model, "max_tokens": 100, "stream": True, "messages": [
                {"role": "user", "content": f"What is the capital of country {port} {number}?"}]}).encode()
            connection.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
                               b"anthropic-version: 2023-06-01\r\nx-api-key: k\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            answer, seen = b"", [None, None]
            while not answer.endswith(b"0\r\n\r\n"):
                piece = connection.recv(65536)
                if not piece:
                    raise SystemExit(f"first_event: the stream broke off: {answer[:300]!r}")
                answer += piece
                for at, mark in enumerate((b"message_start", TEXT)):
                    if seen[at] is None and mark in answer:
                        seen[at] = time.monotonic_ns()
            if None in seen:
                raise SystemExit(f"first_event: not a stream: {answer[:300]!r}")
            for at in (0, 1):
                times[at].append((seen[at] - provider.sent[at]) / 1e6)
    return [sorted(values[streams // 10:]) for values in times]


def line(label, times):
    figures = [values[len(values) * share // 100] for values in times for share in (50, 99)]
    print(f"| {label} | " + " | ".join(f"{figure:.2f}" for figure in figures) + " |", flush=True)


def through_gateway(gatewayd, provider, label, model, streams, **sections):
    directory = Path(tempfile.mkdtemp(prefix="gw-first-"))
    environment = os.environ | {name: str(directory) for name in
                                ("HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CACHE_HOME")}
    settings = {"embedding": {"enabled": False}, "models": [
        {"name": name, "provider": "anthropic", "model": model, "tier": tier, "api_key": "k",
         "base_url": f"http://127.0.0.1:{provider.port}"} for name, model, tier in MODELS]} | sections
    (directory / "config.yaml").write_text(json.dumps(settings))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [gatewayd, "--config", directory / "config.yaml", "--port", str(port), "--socket", directory / "socket"]
    with open(directory / "log", "w") as log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as daemon:
        try:
            for _ in range(500):
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    time.sleep(0.02)
            else:
                raise SystemExit(f"first_event: gatewayd did not start: {(directory / 'log').read_text()[-2000:]}")
            line(label, measure(provider, port, model, streams))
        finally:
            daemon.terminate()
    shutil.rmtree(directory, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gatewayd", nargs="?", default=ROOT / ".build" / "release" / "gatewayd", type=Path)
    parser.add_argument("--streams", type=int, default=300)
    options = parser.parse_args()
    if not options.gatewayd.exists():
        raise SystemExit(f"first_event: {options.gatewayd} is not there; type: make build")
    provider = Provider()
    print("| milliseconds | first event p50 | p99 | first text p50 | p99 |\n|---|---|---|---|---|", flush=True)
    line("straight to the provider", measure(provider, provider.port, MODELS[0][1], options.streams))
    through_gateway(options.gatewayd, provider, "routing off, a named model", MODELS[0][1], options.streams, routing={"mode": "off"})
    through_gateway(options.gatewayd, provider, "routed, not judged", "auto", options.streams, escalation={"check": "none"})
    through_gateway(options.gatewayd, provider, "routed, judged", "auto", options.streams)


if __name__ == "__main__":
    main()
