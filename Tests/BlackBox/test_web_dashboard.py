"""The web dashboard: who may see it, what its stream tells, that it holds nothing up, and the page in a real browser."""

import base64
import hashlib
import json
import os
import re
import signal
import threading
import time
from decimal import Decimal

import pytest

import wire
from browser import Browser
from processes import backend, config, wait_until
from test_reload import hang_up, rewrite
from wire import assert_error, prompt

MODEL = "claude-haiku-4-5-20251001"
ADMIN = {"x-api-key": "admin-key"}
JSON = {"content-type": "application/json"}
DATA = [
    "/dashboard/events", "/dashboard/api/usage", "/dashboard/api/history?seconds=60&points=6",
    "/dashboard/api/exchanges/0000000000000000",
]
ACTIONS = ["/dashboard/api/route", "/dashboard/api/send"]
POLICY = [
    "default-src 'none'",
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
]


def settings(upstream, **sections):
    return config(backend("haiku", upstream.url, MODEL), **sections)


def head(port, target, headers=()):
    """The head of an answer, whose body may have no end."""
    with wire.Connection(port) as client:
        client.request("GET", target, headers=headers)
        return client.head()


def status(port, target, headers=()):
    return head(port, target, headers).status


def post(port, target, body=b'{"prompt":"Hello"}', headers=()):
    return wire.ask(port, "POST", target, body, JSON | dict(headers))


class Listener:
    """A reader of the stream."""

    def __init__(self, port, headers=(), **more):
        self.client = wire.Connection(port, **more)
        self.client.request("GET", "/dashboard/events", headers=headers)
        self.head = self.client.head()
        self._events = self._parsed() if self.head.status == 200 else iter(())

    def _parsed(self):
        for event in self.client.events():
            if event.startswith(b":"):
                yield "comment", None
                continue
            name, data = event.decode().rstrip("\n").split("\n")
            yield name.removeprefix("event: "), json.loads(data.removeprefix("data: "), parse_float=Decimal)

    def next(self, wanted, seconds=10):
        """The next event of that name, and the names of those before it."""
        before = []
        deadline = time.monotonic() + seconds
        for name, data in self._events:
            if name == wanted:
                return data, before
            before.append((name, data))
            assert time.monotonic() < deadline, f"no {wanted} within {seconds} s"
        raise AssertionError(f"the stream ended before {wanted}")

    def rest(self):
        return list(self._events)

    def follow(self, heard):
        """Collects the names of what comes until the connection ends."""
        try:
            for name, _ in self._events:
                heard.append(name)
        except (OSError, ValueError, wire.Closed):
            pass

    def close(self):
        self.client.close()


# Who may see it.


def test_without_keys_it_is_for_this_machine_by_its_own_names(start):
    gateway = start.gateway(settings(start.upstream()))
    for host in ("127.0.0.1", f"localhost:{gateway.port}", "[::1]:8080"):
        for target in ["/dashboard", "/dashboard/", "/dashboard/events", "/dashboard/api/usage"]:
            assert status(gateway.port, target, {"Host": host}) == 200, (host, target)
    for fields in ({"Host": "evil.example"}, {"Host": "localhost.evil.example"}, {"X-Forwarded-For": "192.0.2.7"}):
        for target in ["/dashboard", *DATA]:
            answer = wire.ask(gateway.port, "GET", target, headers=fields)
            assert "ADMIN_KEY" in assert_error(answer, 403, "permission_error")
        for target in ACTIONS:
            assert post(gateway.port, target, headers=fields).status == 403


def test_with_client_keys_alone_it_does_not_exist(start):
    gateway = start.gateway(settings(start.upstream(), auth={"keys": ["sk-client"]}))
    for target in ["/dashboard", "/dashboard/", *DATA]:
        for fields in ({}, {"x-api-key": "sk-client"}):
            assert status(gateway.port, target, fields) == 404, target
    for target in ACTIONS:
        assert post(gateway.port, target, headers={"x-api-key": "sk-client"}).status == 404


@pytest.mark.parametrize("keys", [[], ["sk-client"]], ids=["admin", "admin and clients"])
def test_with_an_admin_key_only_the_page_is_for_everybody(start, keys):
    upstream = start.upstream()
    gateway = start.gateway(settings(upstream, auth={"admin_key": "admin-key", "keys": keys}))
    assert status(gateway.port, "/dashboard", {"Host": "gateway.example.com"}) == 200
    for target in DATA:
        for fields in ({}, {"x-api-key": "sk-client"}, {"x-api-key": "admin-ke"}, {"authorization": "Basic admin-key"}):
            assert_error(wire.ask(gateway.port, "GET", target, headers=fields), 401, "authentication_error")
        expected = 404 if "exchanges" in target else 200
        assert status(gateway.port, target, ADMIN) == expected
        assert status(gateway.port, target, {"Authorization": "Bearer admin-key"}) == expected
    for target in ACTIONS:
        assert post(gateway.port, target).status == 401
        assert post(gateway.port, target, headers={"x-api-key": "sk-client"}).status == 401
    assert not upstream.requests
    assert post(gateway.port, "/dashboard/api/route", headers=ADMIN).status == 200
    assert not upstream.requests, "a dry run asks nobody"
    assert post(gateway.port, "/dashboard/api/send", headers=ADMIN).status == 200
    assert len(upstream.requests) == 1
    assert "admin-key" not in str(upstream.requests[0].headers)


def test_other_sites_and_forms_may_not_ask(start):
    upstream = start.upstream()
    gateway = start.gateway(settings(upstream))
    for site, may_read, may_act in (
        ("same-origin", True, True),
        ("none", True, False),
        ("same-site", False, False),
        ("cross-site", False, False),
    ):
        fields = {"Sec-Fetch-Site": site}
        assert (status(gateway.port, "/dashboard/events", fields) == 200) == may_read
        assert (post(gateway.port, "/dashboard/api/send", headers=fields).status == 200) == may_act
    sent = len(upstream.requests)
    for target in ACTIONS:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            answer = post(gateway.port, target, headers={"content-type": kind})
            assert "application/json" in assert_error(answer, 400, "invalid_request_error")
        assert wire.ask(gateway.port, "GET", target).status == 405
        assert_error(post(gateway.port, target, b'{"prompt":5}'), 400, "invalid_request_error")
    assert post(gateway.port, "/dashboard/events").status == 405
    assert wire.ask(gateway.port, "GET", "/dashboard/api/nothing").status == 404
    assert len(upstream.requests) == sent


# What the page is allowed.


def test_the_page_is_bound_by_its_policy(start):
    gateway = start.gateway(settings(start.upstream(), auth={"admin_key": "admin-key"}))
    page = wire.ask(gateway.port, "GET", "/dashboard")
    assert page["content-type"] == "text/html; charset=utf-8"
    rules = page["content-security-policy"].split("; ")
    for element in ("script", "style"):
        (content,) = re.findall(rb"<%b>(.*?)</%b>" % (element.encode(), element.encode()), page.body, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        rules.remove(f"{element}-src 'sha256-{digest}'")
    assert sorted(rules) == sorted(POLICY)
    for word in (b"http:", b"https:", b"//cdn", b"@import", b"url(", b"innerHTML"):
        assert word not in page.body.replace(b"http://www.w3.org/2000/svg", b""), word
    assert wire.ask(gateway.port, "HEAD", "/dashboard")["content-length"] == str(len(page.body))
    answers = [page, wire.ask(gateway.port, "GET", "/dashboard/events"), head(gateway.port, "/dashboard/events", ADMIN)]
    answers += [wire.ask(gateway.port, "GET", target, headers=ADMIN) for target in DATA[1:]]
    answers += [post(gateway.port, target, headers=ADMIN) for target in ACTIONS]
    for answer in answers:
        assert answer["cache-control"] == "no-store"
        assert answer["x-content-type-options"] == "nosniff"
        assert answer["referrer-policy"] == "no-referrer"


# The stream.


def test_the_stream_tells_of_figures_and_exchanges(start):
    gateway = start.gateway(settings(start.upstream(), budget={"usd_per_day": 5}))
    first = [wire.messages(gateway.port, prompt(f"Question {number}")) for number in range(120)]
    listener = Listener(gateway.port)
    assert listener.head["content-type"] == "text/event-stream" and listener.head["x-accel-buffering"] == "no"
    snapshot, before = listener.next("snapshot")
    assert [name for name, _ in before] == ["comment", "minutes"] + ["exchange"] * 100
    ids = [data["query_id"] for name, data in before if name == "exchange"]
    assert ids == [answer["x-gateway-query-id"] for answer in first[20:]], "the last hundred, oldest first"
    assert snapshot["since_start"]["requests"] == 120
    assert [budget["scope"] for budget in snapshot["limits"]["budgets"]] == ["all"], "as the operator sees it"
    minutes = before[1][1]
    assert sum(minute["requests"] for minute in minutes) == 120
    assert sum(minute["cost_usd"] for minute in minutes) == snapshot["since_start"]["cost_usd"]
    assert sum(minute["baseline_usd"] for minute in minutes) == snapshot["since_start"]["baseline_usd"]

    answer = wire.messages(gateway.port, prompt("One more"))
    row, _ = listener.next("exchange")
    assert (row["query_id"], row["prompt"]) == (answer["x-gateway-query-id"], "One more")
    times = []
    for _ in range(3):
        snapshot, _ = listener.next("snapshot")
        times.append(snapshot["unix_ms"])
    assert snapshot["since_start"]["requests"] == 121
    assert all(700 < later - earlier < 2500 for earlier, later in zip(times, times[1:])), times
    listener.close()


def test_a_restart_begins_with_what_was(start):
    upstream, directory = start.upstream(), start.directory()
    gateway = start.gateway(settings(upstream), directory=directory)
    asked = [wire.messages(gateway.port, prompt(f"Question {number}")) for number in range(5)]
    gateway.signal(signal.SIGTERM)
    assert gateway.wait(10) == 0
    again = start.gateway(settings(upstream), directory=directory)
    known = lambda: wire.get_json(again.port, "/dashboard/api/history?seconds=86400&points=1")["requests"] == [5]
    wait_until(known, "the history is filled from the books")
    listener = Listener(again.port)
    snapshot, before = listener.next("snapshot")
    ids = [data["query_id"] for name, data in before if name == "exchange"]
    assert ids == [answer["x-gateway-query-id"] for answer in asked]
    minutes = before[1][1]
    assert sum(minute["requests"] for minute in minutes) == 5 == snapshot["today"]["requests"]
    assert sum(minute["cost_usd"] for minute in minutes) == snapshot["today"]["cost_usd"] > 0
    assert snapshot["since_start"]["requests"] == 0
    listener.close()


def test_at_most_32_listen_and_a_place_is_free_when_one_leaves(start):
    gateway = start.gateway(settings(start.upstream()))
    listeners = [Listener(gateway.port) for _ in range(32)]
    assert all(listener.head.status == 200 for listener in listeners)
    refused = wire.ask(gateway.port, "GET", "/dashboard/events")
    assert "32" in assert_error(refused, 503, "overloaded_error")
    assert refused["retry-after"]
    listeners.pop().close()
    wait_until(lambda: status(gateway.port, "/dashboard/events") == 200, "there is a place again")
    for listener in listeners:
        listener.close()


def test_who_does_not_read_is_dropped_and_holds_nothing_up(start):
    gateway = start.gateway(settings(start.upstream(), log={"prompts": "full"}))
    text = "slow reader " * 1200
    deaf = Listener(gateway.port, receive_buffer=4096)
    keen = Listener(gateway.port)
    heard = []
    reader = threading.Thread(target=keen.follow, args=(heard,), daemon=True)
    reader.start()
    wire.messages(gateway.port, prompt("warm"))
    before = gateway.resident_kilobytes()
    slowest = 0
    # Twice what may wait, and what the system keeps for a connection on top.
    for number in range(600):
        began = time.monotonic()
        assert wire.messages(gateway.port, prompt(f"{number} {text}")).status == 200
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < 5, "nobody waits for a page that does not read"
    assert gateway.resident_kilobytes() - before < 60_000
    # Closed without a word once it has kept the gateway waiting for ten seconds, sweeps and a slow machine on top.
    wait_until(lambda: is_closed(deaf.client), "the connection that is not read is closed", 30)
    # Whoever reads has heard of them, but for those beyond fifty in a tenth of a second, which nobody could read.
    wait_until(lambda: heard.count("exchange") >= 500, "the other page has them", 15)
    keen.close()
    # Nor does one hold up the end for as long as paid answers may.
    deaf = Listener(gateway.port, receive_buffer=4096)
    for number in range(300):
        wire.messages(gateway.port, prompt(f"again {number} {text}"))
    gateway.signal(signal.SIGTERM)
    assert gateway.wait(25) == 0
    assert "draining took longer" not in gateway.stderr
    deaf.close()


def is_closed(client):
    """Whether the daemon has no connection any more on the other side of this one, of which nothing is read."""
    port = client.socket.getsockname()[1]
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    remote = f"0100007F:{port:04X}"
    # Established, as the daemon sees it.
    return not any(row[2] == remote and row[3] == "01" for row in rows)


def test_a_reload_is_seen_and_a_new_key_shuts_the_door(start):
    upstream = start.upstream()
    gateway = start.gateway(settings(upstream))
    listener = Listener(gateway.port)
    assert [row["name"] for row in listener.next("snapshot")[0]["backends"]] == ["haiku"]
    rewrite(gateway, config(backend("haiku", upstream.url, MODEL), backend("other", upstream.url, "claude-opus-4-7")))
    assert hang_up(gateway)["failures"] == 0
    deadline = time.monotonic() + 10
    while len(listener.next("snapshot")[0]["backends"]) != 2:
        assert time.monotonic() < deadline, "the stream tells of the new backend"
    wire.messages(gateway.port, prompt("after the reload"))
    assert listener.next("exchange")[0]["prompt"] == "after the reload"
    rewrite(gateway, settings(upstream, auth={"admin_key": "admin-key"}))
    gateway.signal(signal.SIGHUP)
    listener.rest()  # ends
    wait_until(lambda: status(gateway.port, "/dashboard/events") == 401, "the key is asked for")
    assert status(gateway.port, "/dashboard/events", ADMIN) == 200


def test_open_pages_do_not_keep_the_daemon_from_ending(start):
    gateway = start.gateway(settings(start.upstream()))
    listeners = [Listener(gateway.port) for _ in range(5)]
    for listener in listeners:
        listener.next("snapshot")
    began = time.monotonic()
    gateway.signal(signal.SIGTERM)
    for listener in listeners:
        listener.rest()  # a whole end, or this fails
    assert gateway.wait(8) == 0
    assert time.monotonic() - began < 5
    assert "draining took longer" not in gateway.stderr


def test_the_prompt_tester_routes_sends_and_explains(start):
    upstream = start.upstream()
    gateway = start.gateway(settings(upstream, routing={"mode": "always"}))
    dry = post(gateway.port, "/dashboard/api/route", b'{"prompt":"Why is the sky blue?","tier":"fast"}').json()
    assert [c["backend"] for c in dry["candidates"] if c["is_chosen"]] == ["haiku"] and dry["forced_tier"] == "fast"
    answer = post(gateway.port, "/dashboard/api/send", b'{"prompt":"Why is the sky blue?"}')
    sent = upstream.requests[-1].json()
    assert sent["messages"][0]["content"] == "Why is the sky blue?" and sent["stream"] is True
    detail = wire.get_json(gateway.port, f"/dashboard/api/exchanges/{answer['x-gateway-query-id']}")
    assert detail["summary"]["prompt"] == "Why is the sky blue?" and detail["decision"]["reasons"]
    (day,) = wait_until(
        lambda: wire.get_json(gateway.port, "/dashboard/api/usage?by=day")["usage"], "the books have the exchange"
    )
    assert day["requests"] == 1


# The page, in a browser.


@pytest.fixture(scope="module")
def browser():
    browser = Browser()
    yield browser
    browser.end()


@pytest.fixture(scope="module")
def demo(start_shared):
    """Three simulated models that answer at once."""
    simulator = start_shared.simulator("--speed", "0")
    models = [
        backend(name, simulator.url, model, tier, provider="simulated")
        for name, model, tier in (
            ("haiku", MODEL, "fast"),
            ("sonnet", "claude-sonnet-4-6", "balanced"),
            ("opus", "claude-opus-4-7", "premium"),
        )
    ]
    return start_shared.gateway(config(*models, routing={"mode": "always"}, cache={"enabled": True}))


@pytest.fixture
def page(browser, demo):
    """The page, live, with no problems before nor after."""
    browser.size(1280, 900)
    browser.prefer("dark")
    browser.open(f"{demo.url}/dashboard")
    browser.run("sessionStorage.clear(); localStorage.clear()")
    browser.open(f"{demo.url}/dashboard")
    browser.wait_for_text("#link", "live")
    browser.wait("document.querySelectorAll('#cards .card').length === 10", "it is drawn")
    yield browser
    assert browser.problems() == []
    assert browser.run("return window.__trapped") == []


def ask_for(gateway, text, headers=(), **more):
    answer = wire.messages(gateway.port, prompt(text, **more), headers)
    assert answer.status < 500, answer.body
    return answer


def number(text):
    return int(re.sub(r"[^\d]", "", text))


def test_the_page_loads_and_says_what_is_simulated(page):
    assert page.text("#demo") == "SIMULATED" and page.element("#demo").is_displayed()
    assert page.text("#cards .card .value").endswith("sim")
    assert page.run("return performance.getEntriesByType('resource').every(entry => entry.name.startsWith(origin))")
    names = page.run("return [...document.querySelectorAll('svg[role=img]')].map(node => node.getAttribute('aria-label'))")
    assert len(names) == 4 and all(names)


def test_the_page_follows_what_happens(page, demo):
    before = number(page.text("#cards .card:nth-child(10) .note").split(" of ")[1])
    ask_for(demo, "A question that the page has not seen")
    page.wait_for_text("#recent tbody", "A question that the page has not seen")
    page.wait(
        "+document.querySelector('#cards .card:nth-child(10) .note').textContent.split(' of ')[1].replace(/,/g, '')"
        f" > {before}",
        "the figures follow",
    )
    assert page.run("return document.querySelectorAll('#tiers rect.fill').length") > 0
    assert page.run("return document.querySelectorAll('#spend rect.fill').length") > 0


def test_the_requests_are_filtered_and_explained(page, demo):
    fresh = {"cache-control": "no-store"}
    ask_for(demo, "needle in haste", fresh | {"x-gateway-tier": "fast"})
    ask_for(demo, "needle in depth", fresh | {"x-gateway-tier": "premium"})
    assert ask_for(demo, "broken needle [[simulate: status=400]]", fresh).status == 400
    page.click("#tab-requests")
    page.wait_for_text("#table tbody", "broken needle")
    rows = "[...document.querySelectorAll('#table tbody tr[data-id]')].map(row => row.cells[9].textContent)"

    def shown(text):
        page.type("#filter", text)
        return page.run(f"return {rows}")

    assert len(shown("needle")) == 3
    assert shown("needle tier:fast !broken") == ["needle in haste"]
    assert shown("needle tier:p !status:400") == ["needle in depth"]
    assert len(shown("status:400")) == 1 and len(shown("needle status:ok")) == 2
    assert shown("NEEDLE model:OPUS !st:err") == ["needle in depth"]
    assert shown("needle ms<0") == [] and "No request fits" in page.text("#table tbody")
    assert shown("needle !") and shown("needle haste") == ["needle in haste"]
    # By keyboard alone.
    page.run("document.querySelector('#table tbody tr').focus()")
    page.run(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true}))"
    )
    page.wait_for_text("#detail", "Candidates")
    detail = page.text("#detail")
    assert "needle in haste" in detail and "Why" in detail and "would have cost" in detail and "simulated" in detail
    page.run("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
    assert not page.element("#detail").is_displayed()


def drawn(page):
    """Waits until the page has drawn anew, of which it may have put off the last one."""
    page.run(
        """if (window.__drawn === undefined) {
            const real = window.requestAnimationFrame;
            window.__drawn = 0;
            window.requestAnimationFrame = work => real(time => { work(time); window.__drawn++; });
        }"""
    )
    # What was put off when it was counted last is drawn first, and what the resizing asks for after it.
    for _ in range(2):
        before = page.run("window.dispatchEvent(new Event('resize')); return window.__drawn")
        page.wait(f"window.__drawn > {before}", "the page has drawn")


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "\"'><svg/onload=alert(3)>",
    "{{constructor.constructor('alert(4)')()}} ${alert(5)} javascript:alert(6)",
    "invoice\u202egnp.exe \u2066hidden\u2069 zero\u200bwidth",
    "\x1b[31mred\x1b[0m bell\x07 nul\x00 c1\x9b31m",
    "tags \U000e0041\U000e0042",
]
SHOWN = [
    *HOSTILE[:4],
    "invoice·gnp.exe ·hidden· zero·width",
    "·[31mred·[0m bell· nul· c1·31m",
    "tags ··",
]


def test_hostile_prompts_are_shown_and_do_nothing(page, demo):
    for text in HOSTILE:
        # Of models' names, hostile ones that are taken.
        ask_for(demo, text, model=text if text.isprintable() and text.isascii() else "auto")
    page.wait_for_text("#recent tbody", "tags ··")
    page.click("#tab-requests")
    page.type("#filter", "")
    page.wait_for_text("#table tbody", "tags ··")
    shown = page.run("return [...document.querySelectorAll('#table tbody tr[data-id]')].map(row => row.cells[9].textContent)")
    assert shown[: len(SHOWN)] == SHOWN[::-1]
    for index in range(len(SHOWN)):
        page.run("document.querySelectorAll('#table tbody tr[data-id]')[arguments[0]].click()", index)
        page.wait_for_text("#detail pre", SHOWN[-1 - index])
        page.wait_for_text("#detail", "asked for")
    # In the prompt tester, too, whose answers quote the prompt.
    page.click("#tab-router")
    for text in HOSTILE[:3]:
        page.run("const box = document.getElementById('prompt'); box.value = arguments[0]; box.dispatchEvent(new Event('input'))", text)
        page.wait_for_text("#dry-state", "dry run")
        page.click("#send")
        page.wait_for_text("#answer-sum", "cost")
    assert page.run("return document.querySelectorAll('img, iframe, object, main script').length") == 0
    body = page.run("return document.body.textContent.split('</style>').join('')")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x1b\x07\x9b]", body)


def test_errors_of_a_provider_are_text_too(start, browser):
    body = json.dumps({"type": "error", "error": {"type": "api_error", "message": "<b onclick=alert(1)>\u202e\x1b[1m"}})
    upstream = start.upstream(wire.reply_with(400, body.encode()))
    gateway = start.gateway(settings(upstream))
    assert wire.messages(gateway.port, prompt("x")).status == 400
    browser.size(1280, 900)
    browser.open(f"{gateway.url}/dashboard#requests")
    browser.wait_for_text("#link", "live")
    browser.wait_for_text("#table tbody", "400")
    assert browser.run("return document.querySelectorAll('#table b').length") == 0
    browser.click("#tab-router")
    browser.type("#prompt", "what now?")
    browser.click("#send")
    browser.wait_for_text("#answer-state", "<b onclick=alert(1)>··[1m")
    assert [line for line in browser.problems() if "400 (" not in line] == []
    assert browser.run("return window.__trapped") == []


def test_the_router_shows_where_a_prompt_would_go_and_sends_it(page, demo):
    before = wire.get_json(demo.port, "/v1/metrics")["since_start"]["requests"]
    page.click("#tab-router")
    page.type("#prompt", "Prove that the square root of 2 is irrational, step by step.")
    page.wait_for_text("#dry-state", "dry run, nothing sent")
    dry = page.text("#dry")
    assert "score" in dry and "haiku" in dry and "opus" in dry and "Why" in dry and "$" in dry
    assert wire.get_json(demo.port, "/v1/metrics")["since_start"]["requests"] == before
    page.run("const tier = document.getElementById('tier'); tier.value = 'premium'; tier.dispatchEvent(new Event('input'))")
    page.wait_for_text("#dry .sum", "opus")
    page.click("#send")
    page.wait_for_text("#answer-sum", "cost, simulated")
    assert page.text("#answer").startswith("[simulated]")
    assert "opus" in page.text("#answer-sum")
    assert wire.get_json(demo.port, "/v1/metrics")["since_start"]["requests"] == before + 1


def test_the_history_is_what_the_books_say(page, demo):
    ask_for(demo, "for the books")
    asked = wire.get_json(demo.port, "/v1/metrics")["since_start"]["requests"]
    books = lambda: sum(row["requests"] for row in wire.get_json(demo.port, "/dashboard/api/usage?by=day")["usage"])
    wait_until(lambda: books() == asked, "the books have them all")
    page.click("#tab-history")
    for by in ("day", "project", "model", "key"):
        page.run(
            "[...document.querySelectorAll('#by button')].find(button => button.textContent.endsWith(arguments[0])).click()", by
        )
        page.wait(f"document.querySelector('#usage th')?.textContent === '{by}'", f"it is by {by}")
        wanted = wire.get_json(demo.port, f"/dashboard/api/usage?by={by}")["usage"]
        assert page.run("return document.querySelectorAll('#usage tbody tr').length") == len(wanted)
        cells = page.run("return [...document.querySelectorAll('#usage tbody tr td:nth-child(2)')].map(cell => cell.textContent)")
        assert sum(map(number, cells)) == sum(row["requests"] for row in wanted)
    page.wait_for_text("#month .card", "Spent in ")


def test_light_and_dark_follow_the_system_until_somebody_chooses(page):
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.run(f"return {colour}")
    page.prefer("light")
    page.wait(f"{colour} !== '{dark}'", "the system's wish is followed")
    light = page.run(f"return {colour}")
    assert (dark, light) == ("rgb(19, 20, 22)", "rgb(243, 244, 246)")
    page.click("#theme")
    page.wait(f"{colour} === '{dark}'", "the switch is followed")
    page.run("location.reload()")
    page.wait_for_text("#link", "live")
    assert page.run(f"return {colour}") == dark, "what was chosen is remembered"


def test_what_wants_attention_is_said(start, browser):
    failing = start.upstream(wire.reply_with(529, b'{"type":"error","error":{"type":"overloaded_error","message":"x"}}'))
    working = start.upstream(wire.reply_with(body=wire.ANSWER.replace(b'"output_tokens":3', b'"output_tokens":250')))
    gateway = start.gateway(
        config(
            backend("shaky", failing.url, MODEL),
            backend("dear", working.url, "claude-sonnet-4-6", "balanced", cost_per_1k_in=0.01, cost_per_1k_out=0.1),
            backend("unpriced", working.url, "nobody-knows-it", "balanced"),
            breaker={"open_ms": 60_000, "max_open_ms": 60_000},
            # Four calls of $0.0251 leave no room for a fifth.
            budget={"usd_per_day": 0.11},
        )
    )
    for number in range(6):
        wire.messages(gateway.port, prompt(f"Question {number}", model="shaky"))
    for number in range(6):
        wire.messages(gateway.port, prompt(f"Question {number}", model="dear"))
    browser.size(1280, 900)
    browser.open(f"{gateway.url}/dashboard")
    browser.wait_for_text("#link", "live")
    browser.wait_for_text("#alerts", "shaky: its circuit breaker is open: HTTP 529")
    browser.wait_for_text("#backends", "breaker open")
    browser.wait_for_text("#alerts", "all projects: 91% of the day's budget ($0.10 of $0.11)")
    browser.wait_for_text("#alerts", "no price is known for nobody-knows-it")
    assert browser.run("return document.querySelectorAll('.meter.high').length") == 1
    assert browser.problems() == []


def test_the_alerts_are_those_of_the_terminal(page):
    """Each of them with what makes it, the worst first: what Tests/DashboardTests/ViewsTests.swift has of the terminal's."""
    script = """
        const calm = { backends: [], cache: { homes: [] }, warnings: [], limits: { budgets: [] } };
        return alertsOf({ ...calm, ...arguments[0] }).map(([kind, text]) => (kind || 'warning') + ' ' + text);
    """
    alerts = lambda **snapshot: page.run(script, snapshot)
    budget = lambda spent: {"budgets": [{"scope": "project:labs", "period": "day", "limit_usd": 10, "spent_usd": spent}]}
    semantic = lambda rate, **more: {"homes": [], "semantic": {"false_hit_rate": rate, "max_false_hit_rate": 0.02} | more}
    assert alerts() == []
    health = {"state": "broken", "breaker": "open", "last_error": "HTTP 529"}
    assert alerts(backends=[{"name": "opus", "health": health}]) == ["bad opus: its circuit breaker is open: HTTP 529"]
    assert alerts(backends=[{"name": "opus", "health": health | {"state": "down"}}]) == ["bad opus is down: HTTP 529"]
    assert alerts(backends=[{"name": "opus", "health": health | {"state": "degraded"}}]) == []
    assert alerts(limits=budget(7.99)) == []
    assert alerts(limits=budget(9.1)) == ["warning project labs: 91% of the day's budget ($9.10 of $10.00)"]
    assert alerts(limits=budget(10)) == ["bad project labs: 100% of the day's budget ($10.00 of $10.00)"]
    price = "no price is known for x-1; it is counted at the dearest known price"
    assert alerts(warnings=[price]) == [f"warning {price}"]
    redis = {"homes": [{"name": "redis", "state": "down", "detail": "connection refused"}]}
    said = ["the cache goes on without redis: connection refused"]
    assert alerts(cache=redis, warnings=said) == ["bad redis is down: connection refused"]
    assert alerts(cache=semantic(0.009)) == []
    wrong = "of the semantic cache's hits are wrong, allowed are 2.0%"
    assert alerts(cache=semantic(0.012)) == [f"warning 1.2% {wrong}"]
    assert alerts(cache=semantic(0.03)) == [f"bad 3.0% {wrong}"]
    assert alerts(cache=semantic(0.03, is_suspended=True, off="too many")) == ["bad the semantic cache is off: too many"]
    assert alerts(storage={"problem": "the disk is full", "lost": 2}) == [
        "bad the disk is full", "bad 2 rows of the books were lost",
    ]
    assert alerts(warnings=[price], backends=[{"name": "opus", "health": health}])[0].startswith("bad opus")


def test_the_models_and_the_savings_add_up(page, demo):
    for tier in ("fast", "premium"):
        ask_for(demo, f"One for the {tier} tier", {"x-gateway-tier": tier})
    snapshot = wire.get_json(demo.port, "/v1/metrics")
    wanted = {model["model"] for model in snapshot["models"]}
    page.wait(f"document.querySelectorAll('#models tbody tr').length === {len(wanted)}", "each model has its row")
    rows = page.run("return [...document.querySelectorAll('#models tbody tr')].map(row => [...row.cells].map(cell => cell.textContent))")
    assert {row[0] for row in rows} == wanted
    total = f"[...document.querySelectorAll('#models tbody tr')].reduce((sum, row) => sum + +row.cells[1].textContent.replace(/,/g, ''), 0)"
    requests = snapshot["since_start"]["requests"]
    page.wait(f"{total} === {requests}", "they add up to all exchanges")
    # The lines that the gauge stands for: the first less those between is the last, for figures that are not shown rounded.
    left = page.run(
        """drawSavings({ baseline_usd: 9, cost_usd: 4.5, saved_usd: 4.25, overhead_usd: { classifier: 0.5, shadow: 0.25, judge: 0.25 },
            losses_usd: { escalation: 1, cache_checks: 0.5, wrong_hits: 0.25 } });
        return [...document.querySelectorAll('#calculation tr')].map(row => row.cells[1].textContent);"""
    )
    assert left == ["$9.0000", "$2.0000", "$0.5000", "$1.0000", "$0.2500", "$0.2500", "$0.5000", "$0.2500", "$4.2500"]
    assert "47 %" in page.text("#gauge")


def test_the_history_outlives_the_daemon_and_reaches_back_as_far_as_is_chosen(start, browser):
    upstream, directory = start.upstream(), start.directory()
    gateway = start.gateway(settings(upstream), directory=directory)
    for number in range(4):
        wire.messages(gateway.port, prompt(f"Question {number % 3}"))
    history = lambda port: wire.get_json(port, "/dashboard/api/history?seconds=3600&points=60")
    sums = lambda report: {
        name: sum(Decimal(str(value)) for value in report[name] if value is not None)
        for name in ("requests", "errors", "cache_hits", "cost_usd", "baseline_usd", "saved_usd")
    }
    before = history(gateway.port)
    assert sums(before)["requests"] == 4 and sums(before)["cost_usd"] > 0
    gateway.end()
    again = start.gateway(settings(upstream), directory=directory)
    wait_until(lambda: sums(history(again.port)) == sums(before), "the history is filled from the books")
    after = history(again.port)
    moved = (after["end_unix_ms"] - before["end_unix_ms"]) // 60_000
    for name in ("requests", "latency_p50_ms", "latency_p95_ms"):
        known = {index: value for index, value in enumerate(before[name]) if value}
        assert known and all(after[name][index - moved] == value for index, value in known.items()), name
    browser.size(1280, 900)
    browser.open(f"{again.url}/dashboard")
    browser.wait_for_text("#link", "live")
    shown = "[...document.querySelectorAll('#tiers .hit title')].reduce((sum, title) => sum + (+(/fast (\\d+)/.exec(title.textContent) || [0, 0])[1]), 0)"
    fast = sum(value or 0 for value in after["tiers"]["fast"])
    assert fast == 4
    browser.wait(f"{shown} === {fast}", "the page shows what was before the restart")
    assert browser.text("#spend-name") == "Spend a minute"
    for label, heading, bars in (("6 h", "Spend every 5 min", 72), ("24 h", "Spend every 15 min", 96), ("15 min", "Spend a minute", 15)):
        browser.run("[...document.querySelectorAll('#range button')].find(button => button.textContent === arguments[0]).click()", label)
        browser.wait_for_text("#spend-name", heading)
        browser.wait(f"document.querySelectorAll('#tiers .hit').length === {bars} && {shown} === {fast}", f"{label} are shown")
        pressed = browser.run("return [...document.querySelectorAll('#range [aria-pressed=true]')].map(node => node.textContent)")
        assert pressed == [label]
    assert browser.problems() == []


@pytest.mark.parametrize("query", ["", "?seconds=9&points=1", "?seconds=60", "?seconds=60&points=1441", "?seconds=x&points=1"])
def test_a_history_out_of_range_is_refused(demo, query):
    assert_error(wire.ask(demo.port, "GET", "/dashboard/api/history" + query), 400, "invalid_request_error")


@pytest.mark.parametrize("view", ["overview", "requests", "router", "history"])
def test_a_narrow_window_needs_no_scrolling_sideways(page, demo, view):
    ask_for(demo, "W" * 300)
    page.size(400, 800)
    page.click(f"#tab-{view}")
    page.wait(f"!document.getElementById('{view}').hidden", "the view shows")
    drawn(page)
    assert page.run("return document.documentElement.scrollWidth") <= 400


def test_a_lost_gateway_is_told_of_and_found_again(start, browser):
    upstream = start.upstream()
    directory = start.directory()
    gateway = start.gateway(settings(upstream), directory=directory)
    browser.size(1280, 900)
    browser.open(f"{gateway.url}/dashboard")
    browser.wait_for_text("#link", "live")
    gateway.end()
    browser.wait_for_text("#link", "lost")
    assert browser.run("return document.body.classList.contains('lost')"), "old figures are dimmed"
    browser.wait_for_text("#link", "next try in")
    again = start.gateway(settings(upstream), "--port", str(gateway.port), directory=directory)
    assert again.port == gateway.port
    browser.wait_for_text("#link", "live", 30)
    assert not browser.run("return document.body.classList.contains('lost')")
    wire.messages(again.port, prompt("after the restart"))
    browser.wait_for_text("#recent tbody", "after the restart")


def test_a_tab_that_nobody_looks_at_rests(start, browser):
    gateway = start.gateway(settings(start.upstream()))
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true}); document.dispatchEvent(new Event('visibilitychange'))"
    minute = "{ const real = setTimeout; window.setTimeout = (work, ms) => real(work, ms === 60000 ? 50 : ms); }"
    # The page looks after its connection once a second.
    looks = """{ window.__looks = 0; const real = setInterval; window.setInterval = (work, ms) =>
        real(() => { work(); if (ms === 1000) window.__looks++; }, ms); }"""
    with browser.before_each_page(minute + looks):
        browser.open(f"{gateway.url}/dashboard")
        browser.wait_for_text("#link", "live")
        browser.run(hide % "true")
        browser.wait_for_text("#link", "resting")
        looked = browser.run("return window.__looks")
        browser.wait(f"window.__looks >= {looked} + 2", "it has looked after its connection twice")
        assert browser.text("#link") == "resting", "nothing wakes it but a look"
        wire.messages(gateway.port, prompt("while it rested"))
        browser.run(hide % "false")
        browser.wait_for_text("#link", "live")
        browser.wait_for_text("#recent tbody", "while it rested")
    assert browser.problems() == []


def test_the_admin_key_is_asked_for_and_kept_in_the_tab_alone(start, browser):
    gateway = start.gateway(settings(start.upstream(), auth={"admin_key": "admin-key"}))
    browser.size(1280, 900)
    browser.open(f"{gateway.url}/dashboard")
    browser.wait_for_text("#gate-title", "admin key")
    assert not browser.element("#overview").is_displayed()
    browser.type("#key", "wrong")
    browser.element("#key").submit()
    browser.wait_for_text("#gate-text", "not the admin key")
    browser.type("#key", "admin-key")
    browser.element("#key").submit()
    browser.wait_for_text("#link", "live")
    assert not browser.element("#gate").is_displayed()
    assert browser.run("return JSON.stringify(localStorage) + document.cookie + location.href").count("admin-key") == 0
    browser.run("location.reload()")
    browser.wait_for_text("#link", "live")
    browser.click("#tab-router")
    browser.type("#prompt", "with the key")
    browser.wait_for_text("#dry-state", "dry run")
    browser.click("#forget")
    browser.wait_for_text("#gate-title", "admin key")
    assert browser.run("return sessionStorage.length") == 0
    assert [line for line in browser.problems() if "401 (" not in line] == []


def test_a_name_that_points_here_gets_nothing(start, browser):
    gateway = start.gateway(settings(start.upstream()))
    browser.open(f"http://evil.example:{gateway.port}/dashboard")
    assert "without an admin key the dashboard answers to localhost" in browser.run("return document.body.textContent")


def test_pictures(page, demo, tmp_path):
    """For people to look at: PICTURES=<directory> keeps them."""
    directory = os.environ.get("PICTURES", tmp_path)
    for count in range(40):
        ask_for(demo, f"Question {count % 25}: why is the sky {'blue ' * (count % 7)}?")
    ask_for(demo, "Refactor this Swift actor to avoid reentrancy", {"x-gateway-tier": "premium"})
    sizes = []
    for name, scheme, width, height in (("dark", "dark", 1280, 900), ("light", "light", 1280, 900), ("narrow", "light", 400, 800)):
        page.prefer(scheme)
        page.size(width, height)
        for view in ("overview", "requests", "router", "history"):
            page.click(f"#tab-{view}")
            drawn(page)
            page.picture(f"{directory}/{name}-{view}.png")
            sizes.append(os.path.getsize(f"{directory}/{name}-{view}.png"))
    assert min(sizes) > 8_000, "none of them is blank"
