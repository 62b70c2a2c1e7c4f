"""Many clients: those that leave in the middle, those that only sit there, and those that do not read."""

import asyncio
import json
import multiprocessing
import random
import socket
import struct
import time

from .lab import (UPSTREAM_KEY, Traffic, body, check, fault, listeners, percentile, processes, read_answer, request_bytes,
                  wait_until, wire, works)

RESET = struct.pack("ii", 1, 0)


async def leave(port, kind, rng):
    """One streaming client that leaves. True where its stream had begun."""
    data = request_bytes(body(f"storm {rng.random()} [[stream:12:15]]", stream=True))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    transport = writer.transport
    try:
        if kind == "mid_body":
            writer.write(data[: -rng.randrange(1, 60)])
            await asyncio.sleep(rng.random() * 0.05)
            transport.abort()
            return False
        writer.write(data)
        if kind == "stay":
            answer = await read_answer(reader)
            check(b"message_stop" in answer.body, "a stream is not whole")
            return True
        head = await reader.readuntil(b"\r\n\r\n")
        if head[9:12] != b"200":
            return False
        await asyncio.sleep(rng.random() * 0.2)
        if kind == "half_close":
            writer.write_eof()
            while await reader.read(65_536):
                pass
        if kind == "reset":
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        return True
    finally:
        transport.abort()


async def storm(port, kinds, count, at_once, seed, outcome):
    rng = random.Random(seed)
    left = iter(range(count))

    async def client():
        for _ in left:
            kind = rng.choice(kinds)
            try:
                async with asyncio.timeout(30):
                    begun = await leave(port, kind, rng)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
                outcome["errors"] = outcome.get("errors", 0) + 1
                outcome["last_error"] = f"{kind}: {error!r}"
                continue
            outcome["begun"] = outcome.get("begun", 0) + begun

    await asyncio.gather(*[client() for _ in range(at_once)])


def disconnects(lab, kinds, count, at_once=200, room=8):
    """Clients leave; descriptors, threads and memory (in MiB) come back, and every stream that began has its row."""
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url, load={"max_in_flight": 5000}))
    asyncio.run(storm(daemon.port, kinds, min(count, 20_000), at_once, 1, {}))

    def is_quiet():
        return provider.count()["active"] == 0 and daemon.metrics()["in_flight"] == 0

    wait_until(is_quiet, "all is quiet", 20)
    time.sleep(1)
    before, asked, rows = daemon.state(), provider.count()["requests"], daemon.metrics()["since_start"]["requests"]
    outcome, began = {}, time.monotonic()
    asyncio.run(storm(daemon.port, kinds, count, at_once, 2, outcome))
    seconds = time.monotonic() - began
    began = time.monotonic()
    wait_until(is_quiet, "all is quiet", 20)
    quiet = time.monotonic() - began
    check(works(daemon.port), "it does not work")
    daemon.when_written()
    asked, rows = provider.count()["requests"] - asked - 1, daemon.metrics()["since_start"]["requests"] - rows - 1
    check(outcome.get("errors", 0) == 0, f"{outcome}")
    check(rows == asked, f"{rows} rows for {asked} streams started")
    wait_until(lambda: daemon.state()["descriptors"] <= before["descriptors"] + 20, "descriptors come back", 10)
    time.sleep(1)
    after = daemon.state()
    check(after["threads"] <= before["threads"] + 2, f"threads: {before['threads']} -> {after['threads']}")
    grown = (after["resident"] - before["resident"]) / 1024
    # In a short run the tables that are bounded by their number of entries are not full yet.
    check(grown <= (4 * room if lab.is_short else room), f"memory grew by {grown:.1f} MiB")
    check(len(daemon.rows()) == daemon.metrics()["since_start"]["requests"], "rows are missing on disk")
    return f"{count} in {seconds:.0f} s, rows {rows} = streams {asked}, quiet after {quiet:.1f} s, descriptors " \
           f"{before['descriptors']} -> {after['descriptors']}, threads {before['threads']} -> {after['threads']}, " \
           f"memory {grown:+.1f} MiB"


for _kind, _summary in {
    "fin": "closes in the middle of a stream", "reset": "resets the connection in the middle of a stream",
    "half_close": "closes its side in the middle of a stream: it has left", "mid_body": "leaves inside its request",
}.items():
    fault("disconnects", f"client_{_kind}", _summary)(
        lambda lab, kind=_kind: disconnects(lab, [kind], lab.scale(4000, 400)))


@fault("disconnects", "random_disconnects", "100,000 at random; descriptors, threads, memory back, rows = streams started")
def random_disconnects(lab):
    return disconnects(lab, ["fin", "reset", "half_close", "mid_body", "stay"], lab.scale(100_000, 2000))


@fault("disconnects", "client_leaves_before_the_answer", "a call is broken off while the provider thinks")
def leaves_early(lab):
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url))
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", daemon.port)) as client:
            client.sendall(request_bytes(body(f"{random.random()} [[wait:20000]]")))
            wait_until(lambda: provider.count()["active"], "the provider is asked")
        wait_until(lambda: provider.count()["active"] == 0, "the call ends", 3)
    wait_until(lambda: daemon.metrics()["in_flight"] == 0, "the exchange ends", 5)
    daemon.when_written()
    check(len(daemon.rows()) == 50, f"{len(daemon.rows())} rows for 50 exchanges")
    return "50 of 50 calls ended, a row each"


def crowd(port, idle, streams, ready, stop):
    """In a process of its own, so that its work does not count as the gateway's."""

    async def main():
        places, slots = [], asyncio.Semaphore(100)

        async def sit():
            async with slots:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /live HTTP/1.1\r\nhost: x\r\n\r\n")
                await read_answer(reader)
                places.append(writer)

        async def read():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request_bytes(body(f"{random.random()} [[stream:600:1000]]", stream=True)))
            places.append(writer)
            while await reader.read(65_536):
                pass

        await asyncio.gather(*[sit() for _ in range(idle)])
        readers = [asyncio.ensure_future(read()) for _ in range(streams)]
        while len(places) < idle + streams:
            await asyncio.sleep(0.05)
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.1)
        for reader in readers:
            reader.cancel()
        for writer in places:
            writer.transport.abort()

    asyncio.run(main())


@fault("load", "crowd_of_idle_and_streams", "5,000 idle connections and 500 open streams beside 300 good requests a second")
def load_held(lab):
    idle, streams, rate = lab.scale(5000, 1000), lab.scale(500, 100), lab.scale(300, 150)
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(provider.url))
    seconds, alone, crowded, grown = lab.scale(10, 4), [], [], []
    for _ in range(lab.scale(3, 1)):
        traffic = Traffic(daemon.port, rate)
        traffic.wait(seconds)
        traffic.stop().expect_all_good()
        alone.append(traffic)
        before = daemon.state()["resident"]
        ready, stop = multiprocessing.Event(), multiprocessing.Event()
        process = multiprocessing.Process(target=crowd, args=(daemon.port, idle, streams, ready, stop), daemon=True)
        process.start()
        try:
            check(ready.wait(60), "the crowd does not come together")
            wait_until(lambda: provider.count()["active"] >= streams, "all streams run", 20)
            time.sleep(1)
            grown.append((daemon.state()["resident"] - before) / (idle + streams))
            traffic = Traffic(daemon.port, rate)
            traffic.wait(seconds)
            traffic.stop().expect_all_good()
            crowded.append(traffic)
        finally:
            stop.set()
            process.join(30)
        wait_until(lambda: provider.count()["active"] == 0, "the streams end", 10)

    def p99(runs):
        return percentile([percentile([answer.milliseconds for answer in run.answers], 99) for run in runs], 50)

    added = p99(crowded) - p99(alone)
    check(added < 5, f"p99 {p99(alone):.1f} -> {p99(crowded):.1f} ms")
    return f"{idle} idle, {streams} streams, {rate}/s: p99 {p99(alone):.1f} -> {p99(crowded):.1f} ms (added {added:.1f}), " \
           f"{grown[0]:.1f} KiB a connection"


@fault("load", "slow_reader_of_a_flood", "a client that does not read holds the provider up; at most 256 KiB a stream")
def slow_readers(lab):
    """A provider that sends as fast as it is read, and clients that read nothing."""
    sent = []

    def is_still():
        count = len(sent)
        time.sleep(0.7)
        return count > 0 and len(sent) == count

    upstream = wire.Upstream(listeners.flood(sent))
    lab.finally_do(upstream.stop)
    settings = lab.settings(lab.provider().url, upstream={"max_answer_bytes": 1_073_741_824})
    settings["models"].append(processes.backend("flood", upstream.url, api_key=UPSTREAM_KEY))
    daemon = lab.daemon(settings)
    count = lab.scale(100, 40)
    data = request_bytes(body("flood", model="flood", stream=True))
    # The program's own pages are there before the measuring begins; two seconds after its start it lets go of those that it had.
    time.sleep(2.5)
    asyncio.run(storm(daemon.port, ["stay"], 100, 5, 3, {}))
    time.sleep(1)
    before, clients = daemon.state()["resident"], []
    for _ in range(count):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", daemon.port))
        client.sendall(data)
        clients.append(client)
    wait_until(is_still, "the provider has to wait", 40)
    each = (daemon.state()["resident"] - before) / count
    check(wire.ask(daemon.port, "GET", "/ready").status == 200, "it does not work beside them")
    for client in clients:
        client.close()
    check(each <= 256, f"{each:.0f} KiB a stream")
    return f"{each:.0f} KiB for each of {count} streams"


@fault("load", "stream_of_a_gigabyte", "a reader that pauses gets all of it, and it costs no more memory than a short one")
def gigabyte(lab):
    delta = {"type": "text_delta", "text": "x" * 65_536}
    event = wire.event("content_block_delta", type="content_block_delta", index=0, delta=delta)
    count = lab.scale(1_000_000_000, 100_000_000) // len(event)

    def answer(request, connection):
        connection.sendall(b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        stop = b"event: content_block_stop"
        start, end = wire.message_stream().split(stop)
        connection.sendall(start)
        for _ in range(count):
            connection.sendall(event)
        connection.sendall(stop + end)
        return False

    upstream = wire.Upstream(answer)
    lab.finally_do(upstream.stop)
    # The largest that can be set is 1 GiB; as it is set by default, such a stream is broken off at 64 MiB.
    daemon = lab.daemon(lab.settings(upstream.url, upstream={"max_answer_bytes": 1_073_741_824}))
    time.sleep(2.5)
    before, most, got, last = daemon.state()["resident"], 0, 0, b""
    with socket.create_connection(("127.0.0.1", daemon.port), 60) as client:
        client.sendall(request_bytes(body("all of it", stream=True)))
        while not last.endswith(b"0\r\n\r\n"):
            piece = client.recv(1 << 20)
            check(piece, f"the stream ends after {got} bytes")
            if got // (1 << 26) != (got + len(piece)) // (1 << 26):
                time.sleep(0.2)
                most = max(most, daemon.state()["resident"])
            got, last = got + len(piece), (last + piece)[-400:]
    check(b"message_stop" in last and got > count * len(event), f"{got} bytes, the last {last[-100:]}")
    check(most - before <= 32_768, f"{(most - before) // 1024} MiB more than before")
    return f"{got // 1_000_000} MB, {max(0, most - before) / 1024:.1f} MiB of memory"


@fault("load", "slow_peers", "heads and bodies that trickle, silence: each is cut in its time, others are served")
def slow_peers(lab):
    provider = lab.provider()
    limits = {"server": {"header_timeout_sec": 2, "read_timeout_sec": 10, "min_body_bytes_per_sec": 100_000}}
    daemon = lab.daemon(lab.settings(provider.url, **limits))
    openings = [(b"", b""), (b"POST /v1/messages HTTP/1.1\r\n", b"x: y\r\n"),
                (request_bytes(b"x" * 100_000)[:-99_000], b"x")]
    peers = []
    for number in range(lab.scale(300, 90)):
        opening, drip = openings[number % 3]
        peer = socket.create_connection(("127.0.0.1", daemon.port))
        peer.sendall(opening)
        peer.setblocking(False)
        peers.append((peer, drip))
    traffic, began, worst = Traffic(daemon.port, 50), time.monotonic(), 0.0

    def is_there(peer, drip):
        try:
            peer.send(drip)
            return bool(peer.recv(4096))
        except BlockingIOError:
            return True
        except OSError:
            return False

    while peers and time.monotonic() - began < 15:
        left = [(peer, drip) for peer, drip in peers if is_there(peer, drip)]
        if len(left) < len(peers):
            peers, worst = left, time.monotonic() - began
        time.sleep(0.5)
    traffic.stop().expect_all_good()
    check(not peers, f"{len(peers)} are still connected")
    return f"all cut within {worst:.1f} s, good p99 {percentile([a.milliseconds for a in traffic.answers], 99):.1f} ms"


@fault("load", "herd_on_one_question", "500 ask the same at once: one call of the provider")
def herd(lab):
    provider = lab.provider()
    daemon = lab.daemon(lab.settings(
        provider.url, coalesce={"enabled": True}, cache={"enabled": True, "use_semantic_cache": False}))
    data = request_bytes(body("herd [[wait:1000]]"))

    async def main():
        places = await asyncio.gather(*[asyncio.open_connection("127.0.0.1", daemon.port) for _ in range(500)])
        for _, writer in places:
            writer.write(data)
        answers = await asyncio.wait_for(asyncio.gather(*[read_answer(reader) for reader, _ in places]), 30)
        for _, writer in places:
            writer.close()
        return answers

    answers = asyncio.run(main())
    check({answer.status for answer in answers} == {200}, "some failed")
    check(len({json.loads(answer.body)["content"][0]["text"] for answer in answers}) == 1, "answers differ")
    calls = provider.count()["requests"]
    check(calls == 1, f"{calls} calls")
    return f"500 answers, {calls} call"
