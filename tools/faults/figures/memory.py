"""What a request costs: never more than twenty times its size, and bombs next to nothing."""

import asyncio
import gzip
import json
import random
import time
import zlib

from .lab import CLIENT_KEY, Traffic, body, check, fault, request_bytes, wait_until, wire, works

RATIO = 20
MEBIBYTE = 1_048_576


def peak_of(daemon, action):
    """The outcome, and by how many MiB memory was higher at its highest than before."""
    time.sleep(0.3)
    before = daemon.state()["resident"]
    daemon.forget_peak()
    outcome = action()
    time.sleep(0.1)
    return outcome, (daemon.state()["peak"] - before) / 1024


def heavy(lab, data, headers=(), statuses=(200, 400, 413), bound=None):
    """One request on a daemon with everything on. `data` is the body in bytes."""
    provider = lab.provider()
    settings = lab.settings(provider.url, routing={"mode": "always"}, cache={"enabled": True}, coalesce={"enabled": True})
    daemon = lab.daemon(settings)
    for _ in range(50):
        works(daemon.port)
    # The first large body makes room that later ones use again: it is measured, too.
    def send():
        return wire.messages(daemon.port, data, {"x-api-key": CLIENT_KEY} | dict(headers), seconds=60)

    began = time.monotonic()
    answer, grown = peak_of(daemon, send)
    seconds = time.monotonic() - began
    check(answer.status in statuses, f"answered {answer.status}: {answer.body[:200]}")
    check(works(daemon.port), "it does not work afterwards")
    size = len(data) / MEBIBYTE
    most = bound or RATIO * size
    check(grown <= most, f"{grown:.1f} MiB for {size:.2f} MiB")
    return f"{size:.2f} MiB: {answer.status} in {seconds:.2f} s, {grown:.1f} MiB, {grown / size:.1f} times its size"


def message(text):
    return json.dumps(body(text)).encode()


@fault("memory", "body_one_long_text", "8 MiB of words in one message")
def long_text(lab):
    return heavy(lab, message("word " * (lab.scale(8, 2) * MEBIBYTE // 5)))


@fault("memory", "body_escapes", "a string of nothing but escapes")
def escapes(lab):
    text = "\\u0041\\n\\\"" * (lab.scale(8, 2) * MEBIBYTE // 10)
    return heavy(lab, message("TEXT").replace(b"TEXT", text.encode()))


@fault("memory", "body_many_messages", "as many of the smallest messages as fit")
def many_messages(lab):
    count = lab.scale(8, 2) * MEBIBYTE // 40
    messages = [{"role": "user" if number % 2 == 0 else "assistant", "content": "a"} for number in range(count | 1)]
    return heavy(lab, json.dumps(body("x") | {"messages": messages}, separators=(",", ":")).encode())


@fault("memory", "body_many_keys", "an object of hundreds of thousands of members")
def many_keys(lab):
    metadata = {f"k{number}": 0 for number in range(lab.scale(8, 2) * MEBIBYTE // 12)}
    return heavy(lab, json.dumps(body("x") | {"metadata": metadata}, separators=(",", ":")).encode())


@fault("memory", "body_many_numbers", "an array of nothing but digits")
def many_numbers(lab):
    numbers = b"[" + b"0," * (lab.scale(3, 1) * MEBIBYTE // 2) + b"0]"
    return heavy(lab, json.dumps(body("x") | {"x": 0}).encode().replace(b'"x": 0', b'"x": ' + numbers))


@fault("memory", "body_deep", "brackets, as deep as they go")
def deep(lab):
    depth = lab.scale(4, 1) * MEBIBYTE // 2
    return heavy(lab, json.dumps(body("x") | {"x": 0}).encode().replace(b'"x": 0', b'"x": ' + b"[" * depth + b"]" * depth))


@fault("memory", "body_many_tools", "thousands of tools with schemas")
def many_tools(lab):
    schema = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(20)}}
    tools = [{"name": f"t{number}", "description": "d", "input_schema": schema} for number in range(lab.scale(5000, 1500))]
    return heavy(lab, json.dumps(body("x", tools=tools), separators=(",", ":")).encode())


@fault("memory", "body_many_code_blocks", "a file over and over, in fences: reduction looks for copies")
def code_blocks(lab):
    block = "```python\n" + "".join(f"def f{number}(): return {number}\n" for number in range(100)) + "```\n"
    return heavy(lab, message(block * (lab.scale(4, 1) * MEBIBYTE // len(block))))


@fault("memory", "body_packed", "8 MiB that travel as gzip, a hundred times smaller at most")
def packed(lab):
    data = message("".join(random.choice("abcdefgh ") for _ in range(lab.scale(4, 1) * MEBIBYTE)))
    small = gzip.compress(data, 6)
    return heavy(lab, small, {"content-encoding": "gzip"}, bound=RATIO * len(data) / MEBIBYTE)


def bomb(mebibytes):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(b" " * MEBIBYTE) for _ in range(mebibytes)) + packer.flush()


@fault("memory", "body_gzip_bomb", "2 MiB that unpack to 2 GiB: 16 MiB at most")
def request_bomb(lab):
    return heavy(lab, bomb(lab.scale(2048, 256)), {"content-encoding": "gzip"}, (400,), bound=16)


@fault("memory", "bodies_that_never_end", "200 clients send 1 MiB each of a body that they do not finish")
def unfinished(lab):
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url, server={"read_timeout_sec": 60, "min_body_bytes_per_sec": 0}))
    works(daemon.port)
    count, data = lab.scale(200, 50), b'{"model":"' + b"x" * MEBIBYTE

    async def main():
        places = []
        for _ in range(count):
            _, writer = await asyncio.open_connection("127.0.0.1", daemon.port)
            writer.write(request_bytes(data + b"x" * 1000)[:-1000])
            await writer.drain()
            places.append(writer)
        await asyncio.sleep(1)
        for writer in places:
            writer.transport.abort()

    _, grown = peak_of(daemon, lambda: asyncio.run(main()))
    check(grown <= 4 * count, f"{grown:.0f} MiB for {count} MiB")
    wait_until(lambda: works(daemon.port), "it works", 10)
    return f"{grown / count:.1f} times what was sent"


# What providers send.


class Flood:
    """A provider that sends one thing without an end, as fast as it is read."""

    def __init__(self, head, piece, total):
        self.sent = 0

        def answer(request, connection):
            connection.sendall(head)
            try:
                while self.sent < total:
                    connection.sendall(piece)
                    self.sent += len(piece)
                connection.sendall(b"0\r\n\r\n")
            except OSError:
                return False

        self.upstream = wire.Upstream(answer)


def flooded(lab, head, piece, total, stream, bound=16):
    """The answer is broken off visibly, and costs no more than a bound in MiB."""
    flood = Flood(head, piece, total)
    lab.finally_do(flood.upstream.stop)
    daemon = lab.daemon(lab.settings(flood.upstream.url))
    for _ in range(30):
        wire.ask(daemon.port, "GET", "/live")
    # What a first exchange with a provider takes in any case: curl, its connection, the first row.
    def send():
        try:
            return wire.messages(daemon.port, body("flood", stream=stream), {"x-api-key": CLIENT_KEY}, seconds=90)
        except (wire.Closed, OSError):
            return None

    send()
    flood.sent = 0
    answer, grown = peak_of(daemon, send)
    if answer is not None and answer.status == 200:
        check(b"event: error" in answer.body, "looks whole")
        check(b"message_stop" not in answer.body, "looks whole")
    check(grown <= bound, f"{grown:.1f} MiB")
    return f"broken off after {flood.sent / MEBIBYTE:.0f} MiB, {grown:.1f} MiB of memory"


@fault("memory", "answer_endless_line", "an SSE line of 2 GiB: 16 MiB at most")
def endless_line(lab):
    return flooded(lab, wire.STREAM_HEAD + wire.chunk(b"data: "), wire.chunk(b"x" * 65_536), lab.scale(2048, 256) * MEBIBYTE,
                   True)


@fault("memory", "answer_gzip_bomb", "2 MiB that unpack to 2 GiB: 16 MiB at most")
def answer_bomb(lab):
    data = bomb(lab.scale(2048, 256))
    head = (b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n"
            b"transfer-encoding: chunked\r\n\r\n")
    return flooded(lab, head, wire.chunk(data), len(data), False)


@fault("memory", "answer_endless_head", "headers without an end: 16 MiB at most")
def endless_head(lab):
    return flooded(lab, b"HTTP/1.1 200 X\r\n", b"".join(b"x-%d: %s\r\n" % (n, b"a" * 500) for n in range(100)),
                   64 * MEBIBYTE, False)


@fault("memory", "memory_bounded", "a cgroup of 256 MiB: large bodies and floods are survived, nothing is killed")
def bounded(lab):
    from .machine import memory_group
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url, load={"max_in_flight": 64}))
    works(daemon.port)
    group = memory_group(lab, daemon.pid, lab.scale(256, 192) * MEBIBYTE)
    data = message("word " * (MEBIBYTE // 5))

    async def one():
        reader, writer = await asyncio.open_connection("127.0.0.1", daemon.port)
        try:
            writer.write(request_bytes(data))
            return int((await asyncio.wait_for(reader.readuntil(b"\r\n"), 60))[9:12])
        except (OSError, asyncio.IncompleteReadError, ValueError):
            return 0
        finally:
            writer.transport.abort()

    async def main():
        slots = asyncio.Semaphore(20)

        async def bounded_one():
            async with slots:
                return await one()

        return await asyncio.gather(*[bounded_one() for _ in range(lab.scale(400, 100))])

    statuses = asyncio.run(main())
    check(daemon.process.poll() is None, "it was killed")
    traffic = Traffic(daemon.port, 50)
    traffic.wait(2)
    traffic.stop().expect_all_good()
    peak = int((group / "memory.max_usage_in_bytes").read_text()) / MEBIBYTE
    return f"{statuses.count(200)} of {len(statuses)} bodies of 1 MiB answered, peak {peak:.0f} MiB"


