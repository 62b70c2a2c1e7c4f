"""Budgets that many press at once, and providers that are out."""

import asyncio
import random
import threading
import time

from .lab import (Traffic, ask, body, check, fault, percentile, read_answer, request_bytes, wait_until, works)

RESILIENT = {"retry": {"enabled": True, "base_ms": 50}, "breaker": {"enabled": True}}


async def at_once(ports, count, most):
    """So many requests in parallel, spread over the daemons; how often each status came."""
    statuses = {}

    async def one(number):
        # What it will cost is chosen here, within the bound that is put aside.
        tokens = random.randrange(most)
        data = request_bytes(body(f"budget {random.random()} [[tokens:{tokens}]]", max_tokens=most))
        reader, writer = await asyncio.open_connection("127.0.0.1", ports[number % len(ports)])
        try:
            writer.write(data)
            status = (await read_answer(reader)).status
            statuses[status] = statuses.get(status, 0) + 1
        finally:
            writer.close()

    await asyncio.gather(*[one(number) for number in range(count)])
    return statuses


def burst(lab, daemons_of):
    """200 in parallel, 50 times, each round with a budget of its own: what was spent never passes it."""
    rounds, clients = lab.scale(50, 5), lab.scale(200, 100)
    provider, overshoot, used, refused, alone = lab.provider(), 0, [], 0, 0
    for number in range(rounds):
        # In tokens; each costs a tenth of a cent.
        limit = random.randrange(2_000, 6_000)
        daemons = daemons_of(provider, {"usd_per_day": limit / 1000, "soft_ratio": 1})
        before = provider.count()["tokens"]
        statuses = asyncio.run(at_once([daemon.port for daemon in daemons], clients, 90))
        spent = provider.count()["tokens"] - before
        check(set(statuses) <= {200, 429}, f"{statuses}")
        if any("without Redis" in daemon.stderr for daemon in daemons):
            # A reply took more than the 50 ms that a request waits: then each daemon goes by what it last saw.
            alone += 1
            for daemon in daemons:
                daemon.end()
            continue
        overshoot = max(overshoot, spent - limit)
        used.append(spent / limit)
        refused += statuses.get(429, 0)
        for daemon in daemons:
            daemon.end()
        check(spent <= limit, f"round {number}: {spent} tokens' worth of {limit}")
    check(refused > 0 and max(used) > 0.5, "the budget was hardly pressed")
    check(alone <= rounds // 5, f"{alone} of {rounds} rounds without Redis")
    return f"{rounds} rounds of {clients}: overshoot 0, used {percentile(used, 50):.0%} of it, {refused} refused" \
           + (f"; {alone} rounds do not count, as Redis was too slow in them" if alone else "")


@fault("budget", "budget_burst", "200 parallel requests, 50 rounds: not a cent over")
def budget_burst(lab):
    return burst(lab, lambda provider, budget: [lab.daemon(lab.settings(provider.url, budget=budget))])


@fault("budget", "budget_burst_on_two_daemons", "the same over two daemons on one Redis")
def budget_of_two(lab):
    server = lab.redis()

    def daemons(provider, budget):
        server.command("FLUSHALL")
        settings = lab.settings(provider.url, budget=budget | {"shared": True},
                                cache={"enabled": False, "redis_url": server.url})
        pair = [lab.daemon(settings), lab.daemon(settings)]
        for daemon in pair:
            daemon.find("limits and budgets are shared through Redis")
        return pair

    return burst(lab, daemons)


@fault("budget", "budget_and_kill_9", "what was spent up to a second before is remembered")
def budget_killed(lab):
    provider, directory = lab.provider(), lab.directory()
    settings = lab.settings(provider.url, budget={"usd_per_day": 3, "soft_ratio": 1})
    daemon = lab.daemon(settings, directory)
    while asyncio.run(at_once([daemon.port], 20, 90)).get(200):
        pass
    before = provider.count()["tokens"]
    time.sleep(1.3)
    daemon.signal(9)
    daemon.wait()
    daemon = lab.daemon(settings, directory, port=daemon.port)
    statuses = asyncio.run(at_once([daemon.port], 50, 90))
    spent = provider.count()["tokens"]
    check(spent <= 3000, f"{spent} of 3000")
    return f"{before} of 3000 before, {spent} after; {statuses}"


@fault("budget", "budget_redis_lost", "Redis goes in the middle: each daemon goes on from what it last saw")
def budget_without_redis(lab):
    server, provider = lab.redis(), lab.provider()
    settings = lab.settings(provider.url, budget={"usd_per_day": 4, "soft_ratio": 1, "shared": True},
                            cache={"enabled": False, "redis_url": server.url})
    pair = [lab.daemon(settings), lab.daemon(settings)]
    for daemon in pair:
        daemon.find("limits and budgets are shared through Redis")
    asyncio.run(at_once([daemon.port for daemon in pair], 20, 90))
    server.stop()
    began, statuses = time.monotonic(), {}
    for _ in range(10):
        for status, count in asyncio.run(at_once([daemon.port for daemon in pair], 40, 90)).items():
            statuses[status] = statuses.get(status, 0) + count
    seconds = time.monotonic() - began
    spent = provider.count()["tokens"]
    check(statuses.get(429) and set(statuses) <= {200, 429}, f"{statuses}")
    check(spent <= 8000, f"{spent}: more than each daemon's own budget")
    return f"spent {spent} of 4000 (two daemons by themselves: 8000 at most) in {seconds:.1f} s, {statuses}"


# Providers that are out.


def outage(lab, begin, end, provider=None, count=None):
    """All of the only provider's answers fail for a while, then it is back."""
    provider = provider or lab.provider()
    daemon = lab.daemon(lab.settings(provider.url, **RESILIENT))
    for number in range(50):
        check(works(daemon.port), "it does not work before")
    calls = provider.count()["requests"]
    begin(provider)
    total, quick, statuses = lab.scale(600, 200), [], {}
    began = time.monotonic()
    for number in range(total):
        sent = time.monotonic()
        answer = ask(daemon.port, f"outage {number}")
        milliseconds = (time.monotonic() - sent) * 1000
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
        check(answer.status >= 500 and answer.json()["error"]["message"], f"answered {answer.status}")
        if answer["x-gateway-error"] == "unavailable":
            quick.append(milliseconds)
            check(answer["retry-after"], "no retry-after")
        time.sleep(0.01)
    out = time.monotonic() - began
    end(provider)
    back = time.monotonic()
    wait_until(lambda: works(daemon.port), "it works again", 10)
    back = time.monotonic() - back
    asked = (count or (lambda: provider.count()["requests"] - calls))()
    check(asked <= 1.2 * total, f"{asked} calls for {total} requests")
    check(quick and percentile(quick, 99) < 50, f"p99 {percentile(quick, 99):.0f} ms with the breaker open")
    check(back <= 2, f"back after {back:.1f} s")
    return f"{total} requests in {out:.0f} s: {asked / total:.2f} calls each, {len(quick)} answered by the breaker, p99 " \
           f"{percentile(quick, 99):.1f} ms, back after {back:.2f} s, {statuses}"


for _status in (500, 503, 529):
    fault("outage", f"provider_out_{_status}", f"every answer is {_status}: at most 1.2 calls a request, back within 2 s")(
        lambda lab, status=_status: outage(lab, lambda it: it.rule(status=status), lambda it: it.rule()))


@fault("outage", "provider_refused", "nobody listens at the provider's port")
def provider_refused(lab):
    provider = lab.provider()
    proxy = lab.proxy(provider.port)
    daemon_settings = lab.settings(proxy_url(proxy), **RESILIENT)
    daemon = lab.daemon(daemon_settings)
    check(works(daemon.port), "it does not work before")
    proxy.set(down=True)
    quick = []
    for number in range(lab.scale(300, 100)):
        sent = time.monotonic()
        answer = ask(daemon.port, f"refused {number}")
        check(answer.status in (502, 503), f"answered {answer.status}")
        if answer["x-gateway-error"] == "unavailable":
            quick.append((time.monotonic() - sent) * 1000)
        time.sleep(0.01)
    proxy.set()
    back = time.monotonic()
    wait_until(lambda: works(daemon.port), "it works again", 10)
    back = time.monotonic() - back
    check(quick and percentile(quick, 99) < 50, f"p99 {percentile(quick, 99):.0f} ms with the breaker open")
    check(back <= 2, f"back after {back:.1f} s")
    return f"breaker answers p99 {percentile(quick, 99):.1f} ms, back after {back:.2f} s"


def proxy_url(proxy):
    return f"http://127.0.0.1:{proxy.port}"


@fault("outage", "provider_frozen", "SIGSTOP of the provider: the first byte's limit holds, then the breaker")
def provider_frozen(lab):
    provider = lab.provider()
    limits = {"upstream": {"first_byte_timeout_sec": 2, "connect_timeout_sec": 1}}
    daemon = lab.daemon(lab.settings(provider.url, **RESILIENT, **limits))
    check(works(daemon.port), "it does not work before")
    import os
    import signal
    os.kill(provider.pid, signal.SIGSTOP)
    try:
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(timed(daemon.port))) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        check(len(answers) == 40 and all(status in (502, 503, 504) for status, _ in answers), f"{answers[:5]}")
        slowest = max(seconds for _, seconds in answers)
        check(slowest < 5, f"the slowest took {slowest:.1f} s")
    finally:
        os.kill(provider.pid, signal.SIGCONT)
    back = time.monotonic()
    wait_until(lambda: works(daemon.port), "it works again", 10)
    return f"40 answers, slowest {slowest:.1f} s, back after {time.monotonic() - back:.2f} s"


def timed(port):
    began = time.monotonic()
    status = ask(port, f"timed {random.random()}").status
    return status, time.monotonic() - began


@fault("outage", "provider_errors_now_and_then", "one answer of three fails: clients see none of it")
def flaky(lab):
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url, retry={"enabled": True, "base_ms": 200, "budget": 1},
                                     breaker={"enabled": False}))
    stop = threading.Event()

    def flip():
        while not stop.is_set():
            provider.rule(status=503)
            time.sleep(0.02)
            provider.rule()
            time.sleep(0.1)

    thread = threading.Thread(target=flip)
    thread.start()
    traffic = Traffic(daemon.port, 50)
    traffic.wait(lab.scale(10, 3))
    traffic.stop()
    stop.set()
    thread.join()
    good = sum(answer.status == 200 for answer in traffic.answers)
    check(good >= 0.98 * len(traffic.answers), f"{good} of {len(traffic.answers)}")
    failed = provider.count()["by_status"].get("503", 0)
    check(failed > 0, "nothing failed")
    return f"{good} of {len(traffic.answers)} good, {failed} calls failed"


