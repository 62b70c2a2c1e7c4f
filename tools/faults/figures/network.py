"""The network in trouble: names, certificates, links."""

import ctypes
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from .lab import (ROOT, UPSTREAM_KEY, Skip, ask, body, check, fault, free_port, listeners, processes, request_bytes, require,
                  require_root, run, wait_until, wire, works)


class Namespace:
    """A network of its own: a veth pair with the provider's side and the daemon's side, and its own resolv.conf."""

    def __init__(self, lab, name_server=None):
        require_root()
        require("ip", "iproute2")
        self.name = f"gwf{os.getpid() % 10_000}x{free_port() % 1000}"
        done = subprocess.run(["ip", "netns", "add", self.name], capture_output=True, text=True)
        if done.returncode:
            raise Skip(f"no network can be made: {done.stderr.strip()}")
        lab.finally_do(lambda: subprocess.run(["ip", "netns", "del", self.name], capture_output=True))
        run("ip", "-n", self.name, "link", "set", "lo", "up")
        self.prefix = ["ip", "netns", "exec", self.name]
        if name_server:
            place = Path("/etc/netns") / self.name
            place.mkdir(parents=True)
            (place / "resolv.conf").write_text(f"nameserver {name_server}\n")
            lab.finally_do(lambda: [(place / "resolv.conf").unlink(), place.rmdir()])

    def inside(self, action):
        """Does something in a thread whose sockets are in there."""
        outcome = []

        def go():
            try:
                with open(f"/run/netns/{self.name}") as file:
                    check(ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0x40000000) == 0, "setns failed")
                outcome.append((True, action()))
            except BaseException as error:  # handed on
                outcome.append((False, error))

        thread = threading.Thread(target=go)
        thread.start()
        thread.join(120)
        check(outcome, "it hung")
        if not outcome[0][0]:
            raise outcome[0][1]
        return outcome[0][1]


@fault("network", "dns_mute", "a name server that does not answer: bounded by the connect timeout; other providers are served")
def dns_mute(lab):
    space = Namespace(lab, "127.0.0.53")

    def go():
        # Takes questions and is silent.
        mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        mute.bind(("127.0.0.53", 53))
        provider = lab.provider()
        settings = lab.settings(provider.url, upstream={"connect_timeout_sec": 2, "first_byte_timeout_sec": 5})
        settings["models"].append(processes.backend("mute", "https://provider.example.test", api_key=UPSTREAM_KEY))
        daemon = lab.daemon(settings, prefix=space.prefix)
        check(works(daemon.port), "it does not work before")
        before = daemon.state()["threads"]
        count, most, statuses, places = lab.scale(200, 50), 0, set(), []
        for number in range(count):
            place = wire.Connection(daemon.port, 60)
            place.send(request_bytes(body(f"name {number}", model="mute")))
            places.append(place)
        began, slowest_other = time.monotonic(), 0.0
        while time.monotonic() - began < 4:
            most = max(most, daemon.state()["threads"])
            sent = time.monotonic()
            check(works(daemon.port), "another provider is not served")
            slowest_other = max(slowest_other, time.monotonic() - sent)
        for place in places:
            statuses.add(place.response().status)
            place.close()
        slowest = time.monotonic() - began
        check(statuses <= {502, 503, 504}, f"{statuses}")
        check(most <= before + 8, f"threads {before} -> {most}")
        check(slowest < 8, f"the slowest took {slowest:.1f} s")
        check(slowest_other < 1, f"another provider's answer took {slowest_other:.1f} s")
        wait_until(lambda: daemon.state()["threads"] <= before + 2, "the threads of the lookups end", 30)
        mute.close()
        return f"{count} at once: {statuses} within {slowest:.1f} s, others served within {slowest_other * 1000:.0f} ms, " \
               f"threads {before} -> {most} -> {daemon.state()['threads']}"

    return space.inside(go)


@fault("network", "dns_unknown_name", "the provider's name does not exist: 502, at once")
def dns_unknown(lab):
    daemon = lab.daemon(lab.settings("https://no-such-host.invalid", upstream={"connect_timeout_sec": 2}))
    began = time.monotonic()
    answer = ask(daemon.port, "unknown")
    seconds = time.monotonic() - began
    check(answer.status == 502 and seconds < 6, f"{answer.status} after {seconds:.1f} s")
    check(answer["x-gateway-error"] == "unreachable", answer["x-gateway-error"])
    return f"502 after {seconds:.2f} s"


# TLS.


def certificate(lab, host, days, authority=True):
    """A certificate of an authority that the daemon trusts, or of one that nobody does."""
    place = lab.directory()
    (place / "names").write_text(f"subjectAltName={host}\n")
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-days", "5",
        "-subj", "/CN=authority", cwd=place)
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "one.key", "-out", "one.csr", "-subj", "/CN=x", cwd=place)
    signer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"] if authority else ["-signkey", "one.key"]
    run("openssl", "x509", "-req", "-in", "one.csr", *signer, "-out", "one.crt", "-days", str(days), "-extfile", "names",
        cwd=place)
    for file in place.iterdir():
        file.chmod(0o600)
    return place


def refused_certificate(lab, host="IP:127.0.0.1", days=5, authority=True, trusted=True):
    place = certificate(lab, host, days, authority)
    provider = listeners.SecureUpstream(place / "one.crt", place / "one.key")
    lab.finally_do(provider.stop)
    trust = {"upstream": {"ca_file": str(place / "ca.crt")}} if trusted else {}
    daemon = lab.daemon(lab.settings(provider.url, **trust))
    answer = ask(daemon.port, "secure")
    return provider, answer


def expect_refused(provider, answer):
    check(answer.status == 502 and answer["x-gateway-error"] == "unreachable", f"{answer.status} {answer.body[:200]}")
    check(provider.received == b"", f"{len(provider.received)} bytes were sent")
    return "502, no byte sent"


@fault("tls", "tls_good", "the certificate that is right is taken: the other checks can fail")
def tls_good(lab):
    provider, answer = refused_certificate(lab)
    check(answer.status == 200 and UPSTREAM_KEY.encode() in provider.received, f"{answer.status} {answer.body[:300]}")
    return "200"


@fault("tls", "tls_expired", "a certificate of yesterday")
def tls_expired(lab):
    return expect_refused(*refused_certificate(lab, days=-1))


@fault("tls", "tls_wrong_host", "a certificate of another host")
def tls_wrong_host(lab):
    return expect_refused(*refused_certificate(lab, host="DNS:elsewhere.invalid"))


@fault("tls", "tls_self_signed", "a certificate that is its own authority")
def tls_self_signed(lab):
    return expect_refused(*refused_certificate(lab, authority=False))


@fault("tls", "tls_unknown_authority", "an authority that the system does not know")
def tls_unknown_authority(lab):
    return expect_refused(*refused_certificate(lab, trusted=False))


@fault("tls", "tls_plain_text", "no TLS at the port: an error, not a byte of the request")
def tls_plain_text(lab):
    received = []

    def serve(connection):
        received.append(connection.recv(65536))
        connection.sendall(wire.response_bytes())

    port = lab.listener(serve)
    daemon = lab.daemon(lab.settings(f"https://127.0.0.1:{port}"))
    answer = ask(daemon.port, "secure")
    check(answer.status == 502, f"{answer.status}")
    check(all(data[:1] == b"\x16" and UPSTREAM_KEY.encode() not in data for data in received), "the request was sent")
    return "502, no byte of the request sent"


@fault("tls", "tls_cut_in_the_handshake", "the provider hangs up in the middle of the handshake")
def tls_cut(lab):
    port = lab.listener(lambda connection: connection.recv(10))
    daemon = lab.daemon(lab.settings(f"https://127.0.0.1:{port}"))
    answer = ask(daemon.port, "secure")
    check(answer.status == 502, f"{answer.status}")
    return "502"


# Links.


class Link:
    """The provider in a network of its own, behind a link that can be slowed and cut."""

    def __init__(self, lab):
        self.space = Namespace(lab)
        self.outer = f"v{free_port()}"
        net = f"10.213.{free_port() % 250}"
        run("ip", "link", "add", self.outer, "type", "veth", "peer", "name", "inner", "netns", self.space.name)
        lab.finally_do(lambda: subprocess.run(["ip", "link", "del", self.outer], capture_output=True))
        run("ip", "addr", "add", f"{net}.1/24", "dev", self.outer)
        run("ip", "link", "set", self.outer, "up")
        run("ip", "-n", self.space.name, "addr", "add", f"{net}.2/24", "dev", "inner")
        run("ip", "-n", self.space.name, "link", "set", "inner", "up")
        self.port = free_port()
        self.url = f"https://{net}.2:{self.port}"
        self.certificates = certificate(lab, f"IP:{net}.2", 5)
        command = [*self.space.prefix, sys.executable, str(ROOT / "tools/faults/provider.py"), str(self.port), f"{net}.2",
                   str(self.certificates / "one.crt"), str(self.certificates / "one.key")]
        self.child = lab.adopt(processes.Child("provider", command))
        self.child.find("ready", "stdout")

    def cut(self, is_cut):
        run("ip", "link", "set", self.outer, "down" if is_cut else "up")

    def slow(self, rate):
        run("tc", "-n", self.space.name, "qdisc", "replace", "dev", "inner", "root", "tbf", "rate", rate, "burst", "4kb",
            "latency", "2000ms")


def linked(lab, **upstream):
    link = Link(lab)
    limits = {"connect_timeout_sec": 2, "first_byte_timeout_sec": 4, "idle_timeout_sec": 3}
    limits |= {"ca_file": str(link.certificates / "ca.crt")} | upstream
    daemon = lab.daemon(lab.settings(link.url, upstream=limits))
    check(works(daemon.port), "it does not work before")
    return link, daemon


@fault("network", "link_cut_before_the_answer", "the first byte's limit holds; it works when the link is back")
def link_cut(lab):
    link, daemon = linked(lab)
    link.cut(True)
    began = time.monotonic()
    answer = ask(daemon.port, "cut", 30)
    seconds = time.monotonic() - began
    check(answer.status in (502, 504) and seconds < 8, f"{answer.status} after {seconds:.1f} s")
    link.cut(False)
    began = time.monotonic()
    wait_until(lambda: works(daemon.port, 10), "it works again", 20)
    return f"{answer.status} after {seconds:.1f} s, works again after {time.monotonic() - began:.1f} s"


@fault("network", "link_cut_in_a_stream", "the idle limit holds: an error event, a row with what had come")
def link_cut_mid_stream(lab):
    link, daemon = linked(lab)
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(ask(daemon.port, "cut [[stream:100:100]]", 40, stream=True)))
    thread.start()
    time.sleep(1.5)
    link.cut(True)
    began = time.monotonic()
    thread.join(40)
    seconds = time.monotonic() - began
    link.cut(False)
    check(outcome and b"event: error" in outcome[0].body and b"message_stop" not in outcome[0].body, f"{outcome}")
    check(seconds < 12, f"after {seconds:.1f} s")
    daemon.when_written()
    check(outcome[0]["x-gateway-query-id"] in daemon.rows(), "no row")
    return f"an error event after {seconds:.1f} s, with a row"


@fault("network", "link_slow", "64 kbit a second: slow answers arrive whole, none is broken off")
def link_slow(lab):
    require("tc", "iproute2")
    link, daemon = linked(lab, first_byte_timeout_sec=20)
    link.slow("64kbit")
    began = time.monotonic()
    answer = ask(daemon.port, "slow [[stream:60:0]]", 60, stream=True)
    seconds = time.monotonic() - began
    check(answer.status == 200 and b"message_stop" in answer.body, f"{answer.status}")
    return f"{len(answer.body)} bytes in {seconds:.1f} s, whole"


@fault("network", "connect_into_the_void", "an address where nobody answers: the connect timeout holds")
def void(lab):
    link, daemon = linked(lab)
    link.cut(True)
    run("ip", "-n", link.space.name, "link", "set", "inner", "down")
    settings = json.loads(daemon.config.read_text())
    other = lab.daemon(settings)
    began = time.monotonic()
    answer = ask(other.port, "void", 30)
    seconds = time.monotonic() - began
    check(answer.status in (502, 504) and seconds < 6, f"{answer.status} after {seconds:.1f} s")
    return f"{answer.status} after {seconds:.1f} s"


