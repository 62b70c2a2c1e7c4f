#!/usr/bin/env python3
"""A quick provider for the fault figures, in both dialects: provider.py PORT [HOST CERTIFICATE KEY].

An answer's text is the SHA-256 of the last message's text, so that a wrong answer shows. What the answer is like stands in the
prompt, or holds for all requests by POST /_set {…}; GET /_count tells what was asked.

  [[stream:COUNT:MILLISECONDS]]  a stream of so many pieces so far apart
  [[wait:MILLISECONDS]]          an answer after so long
  [[status:NUMBER]]              an error
  [[tokens:NUMBER]]              output tokens of the bill
"""

import asyncio
import hashlib
import json
import re
import ssl
import sys

MARK = re.compile(rb"\[\[(stream|wait|status|tokens):(\d+)(?::(\d+))?\]\]")


class State:
    requests = 0
    streams = 0
    active = 0
    tokens = 0
    by_status = {}
    rules = {}
    random_tokens = None


def last_text(body):
    """The text of the last message, however it is written."""
    content = body["messages"][-1]["content"]
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


class Provider(asyncio.Protocol):
    def __init__(self):
        self.buffer = b""
        self.tasks = set()

    def connection_made(self, transport):
        self.transport = transport
        self.may_write = asyncio.Event()
        self.may_write.set()

    def pause_writing(self):
        self.may_write.clear()

    def resume_writing(self):
        self.may_write.set()

    def connection_lost(self, error):
        for task in self.tasks:
            task.cancel()

    def data_received(self, data):
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, rest = self.buffer.split(b"\r\n\r\n", 1)
            found = re.search(rb"(?i)content-length: *(\d+)", head)
            length = int(found[1]) if found else 0
            if len(rest) < length:
                return
            body, self.buffer = rest[:length], rest[length:]
            self.answer(head.split(b" ")[1], body)

    def answer(self, target, body):
        if target == b"/_count":
            return self.whole(200, {"requests": State.requests, "streams": State.streams, "active": State.active,
                                    "tokens": State.tokens, "by_status": State.by_status})
        if target == b"/_set":
            State.rules = json.loads(body)
            return self.whole(200, {})
        if target.endswith(b"/models"):
            return self.whole(State.rules.get("status", 200), {"data": []})
        State.requests += 1
        marks = {name.decode(): (int(first), int(second or 0)) for name, first, second in MARK.findall(body)}
        status = State.rules.get("status") or marks.get("status", (200, 0))[0]
        State.by_status[status] = State.by_status.get(status, 0) + 1
        if status != 200:
            return self.whole(status, {"type": "error", "error": {"type": "overloaded_error", "message": "injected"}})
        request = json.loads(body)
        text = hashlib.sha256(last_text(request).encode()).hexdigest()
        is_chat = b"completions" in target
        output = marks.get("tokens", (3, 0))[0]
        if request.get("stream"):
            State.streams += 1
            count, gap = marks.get("stream", (1, 0))
            return self.begin(self.stream(text, count, gap / 1000, is_chat, output))
        wait = State.rules.get("wait") or marks.get("wait", (0, 0))[0]
        if wait:
            return self.begin(self.later(wait / 1000, text, is_chat, output))
        self.finish(text, is_chat, output)

    def begin(self, work):
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def later(self, seconds, text, is_chat, output):
        State.active += 1
        try:
            await asyncio.sleep(seconds)
            self.finish(text, is_chat, output)
        finally:
            State.active -= 1

    def finish(self, text, is_chat, output):
        State.tokens += 10 + output
        if is_chat:
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 10, "completion_tokens": output, "total_tokens": 10 + output}
            return self.whole(200, {"id": "c", "object": "chat.completion", "created": 1, "model": "m",
                                    "choices": [choice], "usage": usage})
        self.whole(200, {"id": "msg_t", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
                         "stop_sequence": None, "content": [{"type": "text", "text": text}],
                         "usage": {"input_tokens": 10, "output_tokens": output}})

    def whole(self, status, value):
        body = json.dumps(value).encode()
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)

    def event(self, name, value):
        data = b"event: %s\ndata: %s\n\n" % (name.encode(), json.dumps({"type": name} | value).encode())
        self.transport.write(b"%x\r\n%s\r\n" % (len(data), data))

    def chunk(self, delta, finish=None, **more):
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
        value = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices} | more
        data = b"data: %s\n\n" % json.dumps(value).encode()
        self.transport.write(b"%x\r\n%s\r\n" % (len(data), data))

    async def stream(self, text, count, gap, is_chat, output):
        State.active += 1
        try:
            self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            if is_chat:
                self.chunk({"role": "assistant", "content": ""})
            else:
                self.event("message_start", {"message": {
                    "id": "msg_t", "type": "message", "role": "assistant", "model": "m", "content": [],
                    "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 10, "output_tokens": 1}}})
                self.event("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}})
            for number in range(count):
                if gap or number % 100 == 99:
                    await asyncio.sleep(gap)
                await self.may_write.wait()
                piece = text if number == 0 else " more"
                if is_chat:
                    self.chunk({"content": piece})
                else:
                    self.event("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": piece}})
            State.tokens += 10 + output
            if is_chat:
                usage = {"prompt_tokens": 10, "completion_tokens": output, "total_tokens": 10 + output}
                self.chunk({}, "stop")
                self.chunk({}, None, choices=[], usage=usage)
                self.transport.write(b"e\r\ndata: [DONE]\n\n\r\n")
            else:
                self.event("content_block_stop", {"index": 0})
                self.event("message_delta", {"delta": {"stop_reason": "end_turn", "stop_sequence": None},
                                             "usage": {"output_tokens": output}})
                self.event("message_stop", {})
            self.transport.write(b"0\r\n\r\n")
        finally:
            State.active -= 1


async def main():
    host, context = "127.0.0.1", None
    if len(sys.argv) > 2:
        host, context = sys.argv[2], ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
    await asyncio.get_running_loop().create_server(Provider, host, int(sys.argv[1]), backlog=4096, ssl=context)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
