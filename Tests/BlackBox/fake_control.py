#!/usr/bin/env python3
"""A scripted control server: speaks the gateway's control protocol on a Unix socket, from a seeded random feed.

For trying and testing `gateway-tui` without a daemon. Standard library only.
"""
import argparse
import collections
import json
import os
import random
import selectors
import socket
import sys
import time

BACKENDS = [
    ("qwen", "ollama", "qwen2.5-coder", "local", 0.0, 0.0),
    ("haiku", "anthropic", "claude-haiku-4-5", "fast", 1.0, 5.0),
    ("sonnet", "anthropic", "claude-sonnet-4-6", "balanced", 3.0, 15.0),
    ("opus", "anthropic", "claude-opus-4-7", "premium", 5.0, 25.0),
]
PROMPTS = [
    "What is the capital of France?",
    "Refactor this Swift actor to avoid reentrancy",
    "Analyze trade-offs of microservices vs monolith in detail",
    "Why does this deadlock?",
    "fix typo in README",
    "summarise the incident channel",
    "prove that sqrt(2) is irrational",
    "rename variable in this snippet",
    "write a haiku about the ocean",
]
HOSTILE = [
    "evil \x1b[31m\x1b[2J\x1b]0;title\x07 escape",
    "c1 \x9b2J and \x90dcs",
    "bidi \u202eesrever\u2066 isolate",
    "日本語で要約してください: 会議メモ",
    "emoji \U0001F469\u200D\U0001F4BB family \U0001F468\u200D\U0001F469\u200D\U0001F467 flag \U0001F1E9\U0001F1EA",
    "combining e\u0301 zalgo \u0336\u0336 tab\tnewline\nreturn\r",
]
SKILLS = [
    {"id": "brainstorming", "purpose": "Turn a rough idea into a design", "use_when": "Before a feature", "tiers": [],
     "source": "built_in"},
    {"id": "quick-fix", "purpose": "The smallest correct change", "use_when": "Typos, one-line bugs",
     "tiers": ["local", "fast"], "source": "built_in"},
    {"id": "release-notes", "purpose": "Notes that users understand", "use_when": "Before a release", "tiers": ["premium"],
     "source": "user"},
]
ANSWER = (
    "The re-entrancy comes from the await between the check and the insert.\n"
    "Take a snapshot first and re-validate after the suspension:\n\n"
    "    let before = items\n"
    "    let fetched = await loader.load(id)\n"
    "    guard items == before else { return try await add(id) }\n\n"
    "That keeps the public interface as it is and makes the race impossible, because nothing can come between the check "
    "and the write once the value has arrived.\n"
)


def wanted_tier(params):
    """The tier that a prompt forces, by itself or by its skill."""
    of_skill = [skill["tiers"] for skill in SKILLS if skill["id"] == params.get("skill")]
    return params.get("tier") or (of_skill[0][0] if of_skill and of_skill[0] else None)


class Gateway:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.started = time.time()
        self.began = time.monotonic()
        self.log = collections.deque(maxlen=1000)
        self.totals = self.empty_totals()
        self.tiers = {}
        self.backends = {name: [0, 0, 0.0] for name, *_ in BACKENDS}
        self.ended = collections.deque()
        self.next_id = 1
        self.flushed = {"memory": 0, "redis": 0, "questions": 0}
        self.guards = {"numbers": 0, "negation": 0, "names": 0, "units": 0, "opposites": 0, "language": 0}
        for index in range(options.history):
            self.exchange(at=self.started - (options.history - index) * 1.5)
        if options.workflows:
            for op in ("correctness", "security", "merge"):
                self.step("bc1279aa00000001", op)
            for op in ("correctness", "secu\x1b[2Jrity"):
                self.step("77f0e1bb00000002", op)
        self.ended = collections.deque()

    def now(self):
        """Seconds since 1970, going as fast as `--time-scale` says."""
        return self.started + (time.monotonic() - self.began) * self.options.time_scale

    @staticmethod
    def empty_totals():
        return {"requests": 0, "errors": 0, "exact_cache_hits": 0, "semantic_cache_hits": 0, "coalesced": 0,
                "escalations": 0, "usage": Gateway.usage(0, 0),
                "cost_usd": 0.0, "baseline_usd": 0.0, "saved_usd": 0.0}

    @staticmethod
    def usage(tokens_in, tokens_out, read=0):
        return {"input_tokens": tokens_in, "cache_read_tokens": read, "cache_write_5m_tokens": 0,
                "cache_write_1h_tokens": 0, "output_tokens": tokens_out}

    def exchange(self, at=None, prompt=None, tier=None):
        rnd = self.random
        if tier is None:
            index = rnd.choices(range(4), [4, 61, 27, 8])[0]
        else:
            index = next(i for i, b in enumerate(BACKENDS) if b[3] == tier)
        name, provider, model, tier, price_in, price_out = BACKENDS[index]
        kind = rnd.choices(["none", "exact", "semantic", "coalesced"], [67, 19, 11, 3])[0]
        if self.options.cache == "old" and kind != "none":
            kind = "exact"
        hit = kind != "none"
        failed = rnd.random() < 0.03
        tokens_in, tokens_out = rnd.randint(40, 3000), rnd.randint(20, 900)
        cost = 0.0 if hit or failed else round((tokens_in * price_in + tokens_out * price_out) / 1e6, 9)
        baseline = 0.0 if failed else round((tokens_in * 5.0 + tokens_out * 25.0) / 1e6, 9)
        latency = rnd.uniform(0.4, 3) if hit else rnd.uniform(200, 900) * (index + 1)
        prompt = prompt or self.options.prompt
        if prompt is None:
            prompts = PROMPTS + (HOSTILE if self.options.hostile else [])
            prompt = rnd.choice(prompts)
        summary = {
            "query_id": "%016x" % (self.next_id * 0x9E3779B97F4A7C15 % 2**64), "unix_ms": int((at or self.now()) * 1000),
            "dialect": "anthropic", "requested_model": "claude-opus-4-7", "model": "" if failed else model,
            "backend": "" if failed else name, "provider": "simulated" if self.options.demo else provider,
            "tier": None if failed else tier, "score": rnd.randint(2, 95), "classifier": "heuristic",
            "cache": kind, "status": 529 if failed else 200,
            "stop_reason": None if failed else "end_turn", "stream": True, "latency_ms": latency,
            "first_byte_ms": latency * 0.3, "usage": self.usage(tokens_in, tokens_out, 120), "cost_usd": cost,
            "baseline_usd": baseline, "saved_usd": round(baseline - cost, 9), "escalations": int(rnd.random() < 0.04),
            "prompt": prompt, "error": "the provider is overloaded" if failed else None,
            "usage_is_estimated": rnd.random() < 0.05, "is_simulated": self.options.demo, "project": "default",
        }
        self.next_id += 1
        self.log.append(summary)
        self.ended.append(self.now())
        totals = self.totals
        totals["requests"] += 1
        totals["errors"] += failed
        if hit:
            totals[{"exact": "exact_cache_hits", "semantic": "semantic_cache_hits"}.get(kind, kind)] += 1
        else:
            self.guards[rnd.choice([name for i, name in enumerate(self.guards) for _ in range(6 - i)])] += 1
        totals["escalations"] += summary["escalations"]
        for key, value in (("cost_usd", cost), ("baseline_usd", baseline), ("saved_usd", baseline - cost)):
            totals[key] = round(totals[key] + value, 9)
        if not failed:
            count, spent = self.tiers.get(tier, (0, 0.0))
            self.tiers[tier] = (count + 1, round(spent + cost, 9))
            entry = self.backends[name]
            entry[0] += 1
            entry[2] = round(entry[2] + cost, 9)
        return summary

    def step(self, run, op):
        """A step of a workflow with three ops: 1,000 ms, $0.001, saved $0.002."""
        summary = self.exchange(prompt="Say what is wrong", tier="fast")
        summary.update(status=200, error=None, cache="none", model="claude-haiku-4-5", backend="haiku", tier="fast",
                       latency_ms=1000.0, cost_usd=0.001, saved_usd=0.002, escalations=0,
                       workflow={"run_id": run, "workflow": "code-review-panel", "op": op, "ops": 3})

    def backend_rows(self):
        return [{"name": name, "provider": provider, "model": model, "tier": tier, "is_simulated": self.options.demo,
                 "in_flight": 0, "requests": self.backends[name][0], "errors": self.backends[name][1],
                 "cost_usd": self.backends[name][2]} for name, provider, model, tier, *_ in BACKENDS]

    def snapshot(self):
        now = self.now()
        while self.ended and now - self.ended[0] >= 60:
            self.ended.popleft()
        latencies = sorted(row["latency_ms"] for row in self.log) or [None]
        totals = dict(self.totals)
        if self.options.cache == "old":
            del totals["semantic_cache_hits"], totals["coalesced"]
        return {
            "unix_ms": int(now * 1000), "uptime_seconds": now - self.started, "is_demo": self.options.demo,
            "since_start": totals, "today": totals, "month": totals, "in_flight": self.random.randint(0, 4),
            "requests_per_minute": len(self.ended), "latency_p50_ms": latencies[len(latencies) // 2],
            "latency_p95_ms": latencies[len(latencies) * 95 // 100],
            "tiers": [{"tier": tier, "requests": count, "cost_usd": cost} for tier, (count, cost) in self.tiers.items()],
            "cache": self.caches(),
            "backends": self.backend_rows(), "warnings": self.options.warning,
        }

    def caches(self):
        """The caches as `--cache` wants them: well, with Redis down, turned off by false hits, or as old daemons tell."""
        totals, state = self.totals, self.options.cache
        asked, exact, semantic = totals["requests"], totals["exact_cache_hits"], totals["semantic_cache_hits"]
        entries = max(0, asked - exact - self.flushed["memory"])
        caches = {"is_enabled": True, "entries": entries, "bytes": entries * 41_300, "max_bytes": 268435456,
                  "hits": exact - exact // 4, "misses": asked - exact + exact // 4, "evictions": 0}
        if state == "old":
            return caches
        down, shared = state == "down", max(0, 2 * asked - self.flushed["redis"])
        caches["homes"] = [{
            "name": "redis", "state": "down" if down else "ok",
            "detail": "127.0.0.1:6379 refused the connection; answers are kept in memory alone, next attempt in 5 s"
            if down else None, "entries": None if down else shared, "bytes": None if down else shared * 47_000,
            "max_bytes": None, "hits": exact // 4, "misses": asked - exact, "evictions": 0,
            "dropped": 17 if down else 0, "rejected": 1, "timeouts": 4 if down else 0,
            "latency_p50_ms": 0.214}]
        off = state == "off"
        caches["semantic"] = {
            "off": "3 of the last 40 compared answers differed (7.5 %, cache.max_false_hit_rate allows 2 %); look at the "
                   "guards, then flush and restart" if off else None,
            "is_suspended": True if off else None,
            "similarity": "embedding", "threshold": 0.95, "entries": max(0, asked - semantic - self.flushed["questions"]),
            "max_entries": 100_000, "hits": semantic, "misses": asked - exact - semantic, "refusals": self.guards,
            "canaries": 40, "false_hits": 3 if off else 1, "false_hit_rate": 0.075 if off else 0.012, "max_false_hit_rate": 0.02}
        return caches

    def flush(self, what):
        """The answer to `cache.flush`, or None where the named exchange is unknown."""
        before, down = self.caches(), self.options.cache == "down"
        found = {"memory": before["entries"], "redis": 0 if down else before["homes"][0]["entries"]}
        questions = before["semantic"]["entries"]
        if "query_id" in what:
            if not any(row["query_id"] == what["query_id"] for row in self.log):
                return None
            found, questions = {"memory": min(1, found["memory"]), "redis": min(1, found["redis"])}, 1
        elif "project" in what or "key" in what:
            known = what.get("project") == "default" or what.get("key") == "sk-known-0123456789"
            found, questions = (found, questions) if known else ({"memory": 0, "redis": 0}, 0)
        for place, count in {**found, "questions": questions}.items():
            self.flushed[place] += count
        if down:
            del found["redis"]
        return {"answers": found, "questions": questions, "unreachable": ["redis"] if down else []}

    def decision(self, prompt, tier=None):
        score = min(95, 10 + len(prompt) // 4)
        chosen = tier or ("fast" if score < 30 else "balanced" if score < 70 else "premium")
        tokens_in, tokens_out = max(1, len(prompt) // 4), 400
        return {
            "classifier": "heuristic", "score": score,
            "signals": [{"name": "token_estimate", "points": 12, "detail": "about %d tokens" % tokens_in},
                        {"name": "reasoning_words", "points": 15, "detail": "why, prove"},
                        {"name": "short_question", "points": -3, "detail": "one sentence"}],
            "candidates": [{"backend": name, "model": model, "tier": rank, "is_chosen": rank == chosen,
                            "veto": "no tools on this backend" if rank == "local" else None,
                            "estimated_cost_usd": round((tokens_in * price_in + tokens_out * price_out) / 1e6, 9),
                            "is_simulated": self.options.demo}
                           for name, _, model, rank, price_in, price_out in BACKENDS],
            "reasons": ["the score of %d falls in the band of %s" % (score, chosen),
                        "%s is the cheapest backend of that tier that is not vetoed" % chosen],
            "classify_us": 87.5, "estimated_input_tokens": tokens_in, "estimated_output_tokens": tokens_out,
        }

    def detail(self, summary):
        decision = self.decision(summary["prompt"], summary["tier"])
        if self.options.long:
            decision["candidates"] = [{**row, "veto": "x" * 500} for row in decision["candidates"] * 50]
        return {"summary": summary, "decision": decision,
                "attempts": [{"backend": "opus", "model": "claude-opus-4-7", "status": 529, "duration_ms": 88.0,
                              "error": "overloaded"},
                             {"backend": summary["backend"] or "opus", "model": summary["model"],
                              "status": summary["status"], "duration_ms": summary["latency_ms"], "error": None}],
                "warnings": ["temperature was dropped: the model does not take it"]}


class Connection:
    def __init__(self, sock):
        self.sock, self.inbox, self.outbox, self.subscribed, self.send = sock, b"", bytearray(), False, None

    def say(self, message):
        self.outbox += (json.dumps({"jsonrpc": "2.0", **message}) + "\n").encode()

    def flush(self):
        while self.outbox:
            try:
                # The front of a bytearray goes without a copy of the rest.
                del self.outbox[:self.sock.send(self.outbox[:262_144])]
            except BlockingIOError:
                return


class Server:
    def __init__(self, options):
        self.options, self.gateway = options, Gateway(options)
        self.selector, self.connections = selectors.DefaultSelector(), {}
        os.makedirs(os.path.dirname(os.path.abspath(options.socket)), exist_ok=True)
        if os.path.exists(options.socket):
            os.unlink(options.socket)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(options.socket)
        self.listener.listen(8)
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ)

    def run(self):
        next_snapshot = next_exchange = time.monotonic()
        while True:
            for key, _ in self.selector.select(0.02):
                self.accept() if key.fileobj is self.listener else self.read(key.fileobj)
            now = time.monotonic()
            while self.options.rate > 0 and now >= next_exchange and self.gateway.next_id <= self.options.most:
                next_exchange += 1 / self.options.rate
                self.publish("exchange.completed", self.gateway.exchange())
            if now >= next_snapshot:
                next_snapshot = max(next_snapshot + 1 / self.options.snapshot_rate, now)
                self.publish("metrics.snapshot", self.gateway.snapshot())
            for connection in list(self.connections.values()):
                self.stream(connection, now)
                self.write(connection)

    def accept(self):
        sock, _ = self.listener.accept()
        sock.setblocking(False)
        self.connections[sock] = Connection(sock)
        self.selector.register(sock, selectors.EVENT_READ)

    def drop(self, sock):
        self.selector.unregister(sock)
        self.connections.pop(sock, None)
        sock.close()

    def write(self, connection):
        try:
            connection.flush()
        except OSError:
            self.drop(connection.sock)

    def read(self, sock):
        try:
            data = sock.recv(65536)
        except OSError:
            data = b""
        if not data:
            return self.drop(sock)
        connection = self.connections[sock]
        *lines, connection.inbox = (connection.inbox + data).split(b"\n")
        for line in lines:
            if line:
                self.answer(connection, json.loads(line))

    def publish(self, method, params):
        for connection in self.connections.values():
            if connection.subscribed:
                connection.say({"method": method, "params": params})

    def answer(self, connection, request):
        method, params, number = request["method"], request.get("params") or {}, request["id"]
        gateway, options = self.gateway, self.options
        identity = {"daemon": "llm-gateway/0.1.0", "pid": os.getpid(), "is_demo": options.demo}

        def result(value):
            connection.say({"id": number, "result": value})

        def failure(code, message):
            connection.say({"id": number, "error": {"code": code, "message": message}})

        if method == "hello":
            result({"protocol": options.protocol, **identity})
        elif method == "daemon.status":
            result({**identity, "uptime_seconds": gateway.now() - gateway.started, "base_url": "http://127.0.0.1:8080",
                    "routing_mode": "auto", "config_path": None, "backends": gateway.backend_rows(),
                    "warnings": options.warning})
        elif method == "metrics.subscribe":
            connection.subscribed = True
            result({})
            connection.say({"method": "metrics.snapshot", "params": gateway.snapshot()})
        elif method == "exchanges.list":
            result({"exchanges": list(gateway.log)[-params["limit"]:][::-1]})
        elif method == "exchanges.get":
            found = [row for row in gateway.log if row["query_id"] == params["query_id"]]
            result(gateway.detail(found[0])) if found else failure(-32004, "no such exchange")
        elif method == "route.explain":
            result(gateway.decision(params["prompt"], wanted_tier(params)))
        elif method == "prompt.send":
            send_id = number + 1000
            result({"send_id": send_id})
            connection.send = {"id": send_id, "params": params, "left": ANSWER * options.answers, "next": time.monotonic() + 0.2}
        elif method == "prompt.cancel":
            result({})
            if connection.send and connection.send["id"] == params["send_id"]:
                connection.say({"method": "prompt.completed", "params": {
                    "send_id": params["send_id"], "detail": None, "error": "cancelled"}})
                connection.send = None
        elif method == "cache.stats" and options.cache != "old":
            result(gateway.caches())
        elif method == "skills.list" and options.cache != "old":
            result({"is_enabled": True, "skills": SKILLS})
        elif method == "cache.flush" and options.cache != "old":
            flushed = gateway.flush(params)
            result(flushed) if flushed else failure(-32004, "no such exchange")
        else:
            failure(-32601, "no method " + method)

    def stream(self, connection, now):
        send = connection.send
        if not send or now < send["next"]:
            return
        if send["left"]:
            piece, send["left"] = send["left"][:12], send["left"][12:]
            send["next"] = now + self.options.delta_seconds
            connection.say({"method": "prompt.delta", "params": {"send_id": send["id"], "text": piece}})
            return
        decision = self.gateway.decision(send["params"]["prompt"], wanted_tier(send["params"]))
        tier = next(row["tier"] for row in decision["candidates"] if row["is_chosen"])
        summary = self.gateway.exchange(prompt=send["params"]["prompt"], tier=tier)
        connection.say({"method": "prompt.completed", "params": {
            "send_id": send["id"], "detail": {**self.gateway.detail(summary), "decision": decision}, "error": None}})
        connection.send = None
        self.publish("exchange.completed", summary)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("socket")
    parser.add_argument("--rate", type=float, default=2.0, help="exchanges a second")
    parser.add_argument("--snapshot-rate", type=float, default=1.0, help="snapshots a second")
    parser.add_argument("--most", type=int, default=10**9, help="exchanges at most")
    parser.add_argument("--time-scale", type=float, default=1.0, help="seconds that the told times go in one")
    parser.add_argument("--history", type=int, default=60, help="exchanges there are at the start")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--protocol", type=int, default=1)
    parser.add_argument("--delta-seconds", type=float, default=0.03)
    parser.add_argument("--answers", type=int, default=1, help="how often the answer repeats itself")
    parser.add_argument("--warning", action="append", default=[])
    parser.add_argument("--cache", choices=["ok", "down", "off", "old"], default="ok",
                        help="all well, Redis down, the semantic cache off, or figures as an old daemon tells them")
    parser.add_argument("--hostile", action="store_true", help="prompts with escape sequences and worse")
    parser.add_argument("--prompt", help="the one prompt that all requests have")
    parser.add_argument("--long", action="store_true", help="details of more than 100 KB")
    parser.add_argument("--workflows", action="store_true", help="two runs of a workflow, one of them not yet done")
    parser.add_argument("--no-demo", dest="demo", action="store_false")
    options = parser.parse_args()
    try:
        Server(options).run()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
