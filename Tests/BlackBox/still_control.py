#!/usr/bin/env python3
"""The scripted control server with a clock that stands still and something to show in every view: the same screen each time."""
import sys

import fake_control

#: 2025-11-21, 04:40:00 UTC.
START = 1_763_700_000.0


class Gateway(fake_control.Gateway):
    def now(self):
        return START

    def backend_rows(self):
        states = {"opus": ("broken", "open", 5, 0.62, "overloaded_error: Overloaded"), "qwen": ("degraded", "closed", 1, 0.1, "HTTP 503")}
        rows = super().backend_rows()
        for number, row in enumerate(rows):
            state, breaker, failures, rate, error = states.get(row["name"], ("healthy", "closed", 0, 0.0, None))
            row["in_flight"] = number
            row["health"] = {"state": state, "breaker": breaker, "consecutive_failures": failures, "error_rate": rate,
                             "first_byte_ms": 210.0 * (number + 1), "waiting": 0, "max_concurrent": 8,
                             "retry_in_ms": 4_000.0 if breaker == "open" else None, "last_error": error}
        return rows

    def snapshot(self):
        snapshot = super().snapshot()
        snapshot.update(
            uptime_seconds=3_725.0, in_flight=6, requests_per_minute=42, burn_usd_per_hour=0.84,
            latency_p99_ms=3_500.0, own_p50_ms=0.4, own_p95_ms=1.1,
            models=[{"model": model, "provider": "simulated", "requests": self.backends[name][0], "errors": 1,
                     "cost_usd": self.backends[name][2], "latency_p50_ms": 300.0 * (at + 1), "latency_p95_ms": 700.0 * (at + 1)}
                    for at, (name, _, model, *_) in enumerate(fake_control.BACKENDS)],
            limits={"refusals": {"rate": 2}, "shed": {}, "budgets": [
                {"scope": "project acme", "period": "day", "limit_usd": 5.0, "spent_usd": 4.2, "reserved_usd": 0.1},
                {"scope": "key ci", "period": "month", "limit_usd": 40.0, "spent_usd": 9.5, "reserved_usd": 0.0}]},
        )
        return snapshot

    def detail(self, summary):
        detail = super().detail(summary)
        first, second = detail["attempts"]
        first["started_ms"], second["started_ms"] = 2.0, 0.35 * summary["latency_ms"]
        second["duration_ms"] = 0.3 * summary["latency_ms"]
        detail["quality"] = {"score": 0.62, "is_weak": False, "signals": [{"name": "hedging", "reason": "2 hedges in 40 words"}]}
        detail["request_headers"] = [{"name": "user-agent", "value": "anthropic/2.1"}, {"name": "anthropic-version", "value": "2023-06-01"}]
        detail["answer_headers"] = [{"name": "content-type", "value": "text/event-stream"}, {"name": "request-id", "value": "req_1"}]
        detail["answer"] = "The re-entrancy comes from the await between the check and the insert."
        return detail

    def history(self, request):
        """A wave, with nothing known of the first quarter."""
        points = request["points"]

        def wave(top, digits=None):
            values = [top * (1 + (at * 7 % points) / points) / 2 for at in range(points)]
            values = [round(value, digits) if digits else int(value) for value in values]
            return [None] * (points // 4) + values[points // 4:]

        whole = ("requests", "errors", "cache_hits", "semantic_hits", "coalesced", "escalations")
        return {"interval_ms": 1_000 * request["seconds"] // points, "end_unix_ms": int(START * 1_000),
                **{name: wave(40 // (at + 1)) for at, name in enumerate(whole)},
                **{name: wave(top, 6) for name, top in (("cost_usd", 0.02), ("baseline_usd", 0.09), ("saved_usd", 0.07))},
                **{f"latency_p{name}_ms": wave(top, 1) for name, top in ((50, 400.0), (95, 1_500.0), (99, 3_000.0))},
                "tiers": {"fast": wave(20), "balanced": wave(12), "premium": wave(4)}}

    def usage_report(self, request):
        def names(number):
            return [{"day": f"2025-11-{21 - number:02}", "project": f"project-{number}", "model": fake_control.BACKENDS[number][2],
                     "key": f"key-{number}"}[by] for by in request["by"]]
        rows = []
        for number in range(3):
            totals = {**self.totals, "requests": 100 - number, "cost_usd": 1.5 - number / 2, "baseline_usd": 6.0 - number,
                      "saved_usd": 4.5 - number / 2}
            rows.append({"names": names(number), "totals": totals})
        return {"by": request["by"], "rows": rows}


LOG = ["notice", "listens on http://127.0.0.1:8080"], ["info", "configuration read again"], ["warning", "opus: breaker open"]
OPS = [("split", "fast", []), ("read", "balanced", ["split"]), ("merge", "premium", ["read"])]


class Server(fake_control.Server):
    def __init__(self, options):
        super().__init__(options)
        self.gateway = Gateway(options)

    def answer(self, connection, request):
        method, params = request["method"], request.get("params") or {}
        results = {
            "history.get": lambda: self.gateway.history(params),
            "usage.get": lambda: self.gateway.usage_report(params),
            "log.subscribe": lambda: {"lines": [{"unix_ms": int(START * 1_000) + at, "level": level, "text": text}
                                                for at, (level, text) in enumerate(LOG)]},
            "workflows.list": lambda: {"workflows": [
                {"name": "long-document", "description": "Split, read, merge", "is_built_in": True, "start_ops": ["split"],
                 "end_ops": ["merge"], "ops": [{"name": name, "tier": tier, "input_ops": inputs} for name, tier, inputs in OPS]}]},
        }
        if method in results:
            connection.say({"id": request["id"], "result": results[method]()})
        else:
            super().answer(connection, request)


if __name__ == "__main__":
    fake_control.time.time = lambda: START
    fake_control.Server = Server
    sys.exit(fake_control.main())
