"""Redis in trouble: requests go on, quickly, and never with a wrong answer."""

import hashlib
import json
import os
import signal
import threading
import time

from .lab import PROMPT_MARK, Traffic, ask, check, fault, percentile, process_state, wait_until

# The longest that a request may wait for Redis before it is known to be away.
CALL_MILLISECONDS = 100


def right(answer, text):
    """Whether an answer is the one to its own question."""
    expected = hashlib.sha256(f"{PROMPT_MARK} {text}".encode()).hexdigest()
    return answer.status == 200 and json.loads(answer.body)["content"][0]["text"] == expected


def settings(lab, provider, port, **sections):
    cache = {"enabled": True, "use_semantic_cache": False, "redis_url": f"redis://127.0.0.1:{port}"}
    return lab.settings(provider.url, cache=cache, **sections)


def home(daemon):
    """What the daemon says of Redis."""
    return next(home for home in daemon.metrics()["cache"]["homes"] if home["name"] == "redis")


def trouble(lab, begin, end, server=None, through_proxy=False, is_down=True):
    """Traffic before, during and after a trouble. The time that it adds is measured from its second second on."""
    provider, server = lab.provider(), server or lab.redis()
    proxy = lab.proxy(server.port) if through_proxy else None
    daemon = lab.daemon(settings(lab, provider, proxy.port if proxy else server.port))
    wait_until(lambda: home(daemon)["state"] == "ok", "Redis is reached")
    seconds = lab.scale(8, 3)
    before_text = daemon.stderr
    traffic = Traffic(daemon.port, lab.scale(200, 100))
    traffic.wait(0.5)
    first = time.monotonic()
    traffic.wait(seconds)
    thread = threading.Thread(target=begin, args=(proxy or server,))
    broken = time.monotonic()
    thread.start()
    traffic.wait(1 + seconds)
    mended = time.monotonic()
    said = sum("Redis" in line for line in daemon.stderr[len(before_text):].splitlines())
    state = home(daemon)["state"]
    thread.join(30)
    end(proxy or server)
    traffic.wait(1)
    traffic.stop().expect_all_good()
    before, during = traffic.p99(first, broken), traffic.p99(broken + 1, mended)
    at_first = max(answer.milliseconds for answer in traffic.between(broken, broken + 1))
    check(during - before < 5, f"p99 {before:.1f} -> {during:.1f} ms")
    check(said <= 3, f"{said} lines in the log")
    if is_down:
        check(state == "down", f"its state is told as {state}")
    wait_until(lambda: home(daemon)["state"] == "ok", "Redis is used again", 15)
    text = f"after {time.monotonic()}"
    check(right(ask(daemon.port, text), text) and right(ask(daemon.port, text), text), "a wrong answer afterwards")
    return f"p99 {before:.1f} -> {during:.1f} ms after the first second, worst in it {at_first:.0f} ms, {said} log lines, " \
           f"{len(traffic.answers)} answers"


@fault("redis", "redis_frozen", "SIGSTOP; added p99 under 5 ms after the first second")
def frozen(lab):
    return trouble(lab, lambda server: server.freeze(), lambda server: server.thaw())


@fault("redis", "redis_client_pause", "CLIENT PAUSE for all commands")
def client_pause(lab):
    return trouble(lab, lambda server: server.command("CLIENT", "PAUSE", lab.scale(9_000, 4_000), "ALL"), lambda server: None)


@fault("redis", "redis_debug_sleep", "DEBUG SLEEP: the server does nothing for seconds")
def debug_sleep(lab):
    def sleep(server):
        server.command("DEBUG", "SLEEP", lab.scale(9, 4), seconds=30)

    return trouble(lab, sleep, lambda server: None)


@fault("redis", "redis_killed", "the server is gone, and comes back empty at the same place")
def killed(lab):
    def kill(server):
        server.process.kill()
        server.process.wait()

    return trouble(lab, kill, lambda server: server.start())


@fault("redis", "redis_blackhole", "connections are taken and nothing is answered")
def blackhole(lab):
    return trouble(lab, lambda proxy: proxy.set(blackhole=True), lambda proxy: proxy.set(), through_proxy=True)


@fault("redis", "redis_refused", "the port is closed and what was open is reset")
def refused(lab):
    return trouble(lab, lambda proxy: proxy.set(down=True), lambda proxy: proxy.set(), through_proxy=True)


@fault("redis", "redis_slow", "every reply takes 200 ms")
def slow(lab):
    return trouble(lab, lambda proxy: proxy.set(latency_ms=200, dir="down"), lambda proxy: proxy.set(), through_proxy=True)


def never_wrong(lab, begin, end=lambda server: None, through_proxy=False, options=(), all_lost=False):
    """One daemon fills Redis; then, in trouble, another with an empty memory is asked the same. All answers are right."""
    provider, server = lab.provider(), lab.redis(*options)
    proxy = lab.proxy(server.port) if through_proxy else None
    chosen = settings(lab, provider, proxy.port if proxy else server.port)
    filler = lab.daemon(chosen)
    wait_until(lambda: home(filler)["state"] == "ok", "Redis is reached")
    texts = [f"question {number} " + "word " * (number % 50) for number in range(lab.scale(400, 150))]
    for text in texts:
        check(right(ask(filler.port, text), text), "a wrong answer before the trouble")
    wait_until(lambda: server.command("DBSIZE") > 0, "answers are in Redis")
    time.sleep(0.5)
    reader = lab.daemon(chosen)
    wait_until(lambda: home(reader)["state"] == "ok", "Redis is reached")
    begin(proxy or server)
    slowest, hits = 0.0, 0
    for text in texts:
        began = time.monotonic()
        answer = ask(reader.port, text)
        slowest = max(slowest, (time.monotonic() - began) * 1000)
        check(right(answer, text), f"a wrong answer: {answer.status} {answer.body[:200]}")
        hits += answer["x-gateway-cache"] == "exact"
    end(proxy or server)
    check(not (all_lost and hits), f"{hits} hits of what is not there any more")
    wait_until(lambda: home(reader)["state"] == "ok", "Redis is used again", 20)
    text = "afterwards"
    check(right(ask(reader.port, text), text) and ask(reader.port, text)["x-gateway-cache"] == "exact", "no hit afterwards")
    return f"{len(texts)} asked again: {hits} hits, 0 wrong, slowest {slowest:.0f} ms"


def answers(server):
    return [name.decode() for name in server.keys("llm-gateway:answer:*")]


def scribble(server, change):
    names = answers(server)
    check(names, "there is nothing to spoil")
    for name in names:
        change(server, name)


@fault("redis", "redis_wrong_type", "lists where answers were")
def wrong_type(lab):
    def change(server, name):
        server.command("DEL", name)
        server.command("RPUSH", name, "x")

    return never_wrong(lab, lambda server: scribble(server, change), all_lost=True)


@fault("redis", "redis_swapped_values", "every answer lies under another one's name")
def swapped(lab):
    def begin(server):
        names = answers(server)
        for first, second in zip(names[::2], names[1::2], strict=False):
            server.command("RENAME", first, "swap")
            server.command("RENAME", second, first)
            server.command("RENAME", "swap", second)

    return never_wrong(lab, begin)


@fault("redis", "redis_damaged_values", "bytes in the middle of every answer are others")
def damaged(lab):
    return never_wrong(lab, lambda server: scribble(server, lambda it, name: it.command("SETRANGE", name, 40, "XXXX")),
                       all_lost=True)


@fault("redis", "redis_corrupt_replies", "one byte of a hundred on the way is another")
def corrupt(lab):
    return never_wrong(lab, lambda proxy: proxy.set(corrupt=0.01, dir="down"), lambda proxy: proxy.set(), through_proxy=True)


@fault("redis", "redis_replies_cut", "a connection ends after 700 bytes of replies")
def cut(lab):
    return never_wrong(lab, lambda proxy: proxy.set(drop_after=700, dir="down", kill=True), lambda proxy: proxy.set(),
                       through_proxy=True)


@fault("redis", "redis_connections_reset", "a connection is reset after 700 bytes of replies")
def reset(lab):
    return never_wrong(lab, lambda proxy: proxy.set(reset_after=700, dir="down", kill=True), lambda proxy: proxy.set(),
                       through_proxy=True)


@fault("redis", "redis_replies_in_pieces", "replies come byte by byte")
def pieces(lab):
    return never_wrong(lab, lambda proxy: proxy.set(slice=1, dir="down"), lambda proxy: proxy.set(), through_proxy=True)


@fault("redis", "redis_restarted_empty", "it comes back without anything")
def restarted(lab):
    def restart(server):
        server.process.kill()
        server.process.wait()
        server.start()

    return never_wrong(lab, restart, all_lost=True)


@fault("redis", "redis_read_only", "a replica of nobody: everything that writes is refused")
def read_only(lab):
    return never_wrong(lab, lambda server: server.command("REPLICAOF", "127.0.0.1", 1),
                       lambda server: server.command("REPLICAOF", "NO", "ONE"))


@fault("redis", "redis_evicting", "3 MiB for everything, least recently used first")
def evicting(lab):
    options = ("--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru")

    def fill(server):
        for number in range(400):
            server.command("SET", f"filler:{number}", os.urandom(8_000).hex())
        check(int(next(line for line in server.command("INFO", "stats").decode().splitlines()
                       if line.startswith("evicted_keys")).split(":")[1]) > 0, "nothing was evicted")

    return never_wrong(lab, fill, options=options)


@fault("redis", "redis_full", "no room and nothing is evicted: writes are refused")
def full(lab):
    return never_wrong(lab, lambda server: server.command("CONFIG", "SET", "maxmemory", 1),
                       lambda server: server.command("CONFIG", "SET", "maxmemory", 0))


@fault("redis", "redis_password_changed", "connections of before go, new ones are refused")
def password(lab):
    def begin(server):
        server.command("CONFIG", "SET", "requirepass", "other")
        server.password = "other"
        server.command("CLIENT", "KILL", "TYPE", "normal")

    def end(server):
        server.command("CONFIG", "SET", "requirepass", "")
        server.password = None

    return never_wrong(lab, begin, end)


@fault("redis", "redis_loading", "it answers every command with an error of its own")
def loading(lab):
    def begin(server):
        server.command("ACL", "SETUSER", "default", "-get", "-set")

    def end(server):
        server.command("ACL", "SETUSER", "default", "+@all")

    return never_wrong(lab, begin, end)


@fault("redis", "redis_never_there", "nobody listens at the start: the start does not wait, requests go on")
def never_there(lab):
    provider, server = lab.provider(), lab.redis()
    server.stop()
    daemon = lab.daemon(settings(lab, provider, server.port), ready=False)
    seconds = daemon.until_ready()
    check(seconds < 1, f"the start took {seconds * 1000:.0f} ms")
    traffic = Traffic(daemon.port, 100)
    traffic.wait(3)
    traffic.stop().expect_all_good()
    server.start()
    wait_until(lambda: home(daemon)["state"] == "ok", "Redis is found", 15)
    return f"start {seconds * 1000:.0f} ms, p99 {percentile([a.milliseconds for a in traffic.answers], 99):.1f} ms"


@fault("redis", "redis_frozen_costs_no_processor", "while it is away the daemon rests")
def frozen_rests(lab):
    provider, server = lab.provider(), lab.redis()
    daemon = lab.daemon(settings(lab, provider, server.port))
    wait_until(lambda: home(daemon)["state"] == "ok", "Redis is reached")
    os.kill(server.process.pid, signal.SIGSTOP)
    time.sleep(1)
    used = process_state(daemon.pid)["processor"]
    time.sleep(lab.scale(10, 3))
    used = (process_state(daemon.pid)["processor"] - used) / lab.scale(10, 3)
    server.thaw()
    check(used < 0.05, f"{used:.0%} of a core")
    return f"{used:.1%} of a core"
