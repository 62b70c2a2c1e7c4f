"""HTTP by hand: a client that sees every byte, and a provider that keeps and sends them."""

import json
import socket
import threading
from dataclasses import dataclass, field


class Closed(Exception):
    """The peer ended the connection inside a message."""


class Reader:
    """Reads lines and counts of bytes off a socket."""

    def __init__(self, connection):
        self._socket = connection
        self._buffer = b""
        self.is_ended = False

    def _more(self):
        piece = self._socket.recv(65536)
        self.is_ended = not piece
        self._buffer += piece
        return bool(piece)

    def line(self):
        while b"\n" not in self._buffer:
            if not self._more():
                raise Closed(f"in a line, after {self._buffer!r}")
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def exactly(self, count):
        while len(self._buffer) < count:
            if not self._more():
                raise Closed(f"{count - len(self._buffer)} of {count} bytes are missing")
        piece, self._buffer = self._buffer[:count], self._buffer[count:]
        return piece

    def rest(self):
        while self._more():
            pass
        piece, self._buffer = self._buffer, b""
        return piece

    def headers(self):
        fields = []
        while line := self.line():
            name, _, value = line.partition(b":")
            fields.append((name.decode("latin-1"), value.strip().decode("latin-1")))
        return fields


class Message:
    """What requests and responses have in common."""

    headers: list
    body: bytes

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def __getitem__(self, name):
        """The header's value, or None; given twice, it is an error."""
        values = self.all(name)
        assert len(values) < 2, f"{name} is given {len(values)} times: {values}"
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)


@dataclass
class Response(Message):
    version: str
    status: int
    headers: list
    body: bytes = b""
    pieces: list = field(default_factory=list)
    # A chunked body came to its last chunk; one with a length was whole.
    is_complete: bool = True


@dataclass
class Request(Message):
    method: str
    target: str
    headers: list
    body: bytes = b""


class Connection:
    """A client's connection."""

    def __init__(self, port, seconds=15, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(seconds)
        self.socket.connect(("127.0.0.1", port))
        self.reader = Reader(self.socket)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def request(self, method, target, body=None, headers=(), version="1.1"):
        """Sends a request whole."""
        self.send(request_bytes(method, target, body, headers, version))

    def ask(self, method, target, body=None, headers=(), version="1.1"):
        """Sends a request and reads its answer."""
        self.request(method, target, body, headers, version)
        return self.response(method)

    def head(self):
        version, status, *_ = self.reader.line().decode().split(" ", 2)
        return Response(version, int(status), self.reader.headers())

    def response(self, method="GET"):
        """Reads an answer; a broken one comes back with what there was of it."""
        response = self.head()
        if method == "HEAD" or response.status in (204, 304) or response.status < 200:
            return response
        try:
            if (response["transfer-encoding"] or "").lower() == "chunked":
                for piece in self.chunks():
                    response.pieces.append(piece)
            elif response["content-length"] is not None:
                response.pieces.append(self.reader.exactly(int(response["content-length"])))
            else:
                response.pieces.append(self.reader.rest())
        except (Closed, ConnectionResetError):
            response.is_complete = False
        response.body = b"".join(response.pieces)
        return response

    def chunks(self):
        """The chunks of a body, as they come. Raises Closed where the last one never comes."""
        while size := int(self.reader.line().split(b";")[0], 16):
            yield self.reader.exactly(size)
            self.reader.line()
        self.reader.headers()

    def events(self):
        """The events of a stream as they come, each with its blank line."""
        pending = b""
        for piece in self.chunks():
            pending += piece
            while b"\n\n" in pending:
                event, _, pending = pending.partition(b"\n\n")
                yield event + b"\n\n"

    def is_at_end(self):
        """Waits for the peer to close; anything else it sends is an error."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def request_bytes(method, target, body=None, headers=(), version="1.1"):
    fields = list(headers.items() if isinstance(headers, dict) else headers)
    names = {name.lower() for name, _ in fields}
    if "host" not in names:
        fields.insert(0, ("Host", "127.0.0.1"))
    if body is not None and not names & {"content-length", "transfer-encoding"}:
        fields.append(("Content-Length", str(len(body))))
    head = f"{method} {target} HTTP/{version}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields)
    return head.encode("latin-1") + b"\r\n" + (body or b"")


def ask(port, method, target, body=None, headers=(), version="1.1", seconds=15):
    """One request on a connection of its own."""
    if isinstance(body, (dict, list)):
        body = json.dumps(body).encode()
    with Connection(port, seconds) as connection:
        return connection.ask(method, target, body, headers, version)


def messages(port, body, headers=(), target="/v1/messages", **more):
    """POST /v1/messages with the headers that clients send."""
    fields = {"content-type": "application/json", "anthropic-version": "2023-06-01"} | dict(headers)
    return ask(port, "POST", target, body, fields, **more)


def completions(port, body, headers=(), target="/v1/chat/completions", **more):
    """POST /v1/chat/completions with the headers that OpenAI's clients send."""
    fields = {"content-type": "application/json", "authorization": "Bearer any"} | dict(headers)
    return ask(port, "POST", target, body, fields, **more)


def get_json(port, target, headers=()):
    response = ask(port, "GET", target, headers=headers)
    assert response.status == 200, response.body
    return response.json()


def prompt(text="Hello", model="haiku", **more):
    """A small Messages request."""
    return {"model": model, "max_tokens": 256, "messages": [{"role": "user", "content": text}]} | more


def chat(text="Hello", model="haiku", **more):
    """A small request for a chat completion."""
    return {"model": model, "messages": [{"role": "user", "content": text}]} | more


def data_lines(stream):
    """What follows `data: ` in a stream of LF lines."""
    return [line[6:] for line in stream.split(b"\n") if line.startswith(b"data: ")]


def event_names(stream):
    """The names of the events in a stream of LF lines."""
    return [line[7:].decode() for line in stream.split(b"\n") if line.startswith(b"event: ")]


def assert_error(response, status, kind):
    """An error of the gateway itself, in Anthropic's envelope, that says what to do. Returns its message."""
    assert response.status == status, (response.status, response.body)
    assert response["content-type"].startswith("application/json")
    envelope = response.json()
    assert envelope["type"] == "error"
    assert envelope["error"]["type"] == kind, envelope
    assert len(envelope["error"]["message"]) > 8
    assert envelope["request_id"] == response["request-id"]
    assert response["x-gateway"].startswith("llm-gateway/")
    return envelope["error"]["message"]


def assert_openai_error(response, status, code=None):
    """An error of the gateway itself, or one it translated, in OpenAI's envelope. Returns it."""
    assert response.status == status, (response.status, response.body)
    assert response["content-type"].startswith("application/json")
    assert response["x-gateway"].startswith("llm-gateway/")
    return openai_error(response.body, code)


def openai_error(data, code=None):
    (envelope,) = json.loads(data).items()
    assert envelope[0] == "error" and set(envelope[1]) == {"message", "type", "param", "code"}, envelope
    assert len(envelope[1]["message"]) > 8 and envelope[1]["type"]
    assert code is None or envelope[1]["code"] == code, envelope
    return envelope[1]


class Upstream:
    """A provider on a free port that keeps every request byte for byte and answers as it is told.

    `answer` is called with the request and an open socket; it writes a whole HTTP answer. When it returns False, the
    connection is closed.
    """

    def __init__(self, answer=None, port=0):
        self.requests = []
        self.connections = set()  # those that are open
        self.closed = threading.Event()
        self._answer = answer or reply_with()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            connection.settimeout(60)
            self.connections.add(connection)
            reader = Reader(connection)
            try:
                while True:
                    method, target, _ = reader.line().decode().split(" ")
                    request = Request(method, target, reader.headers())
                    request.body = reader.exactly(int(request["content-length"] or 0))
                    self.requests.append(request)
                    if self._answer(request, connection) is False:
                        return
            except (Closed, OSError):
                self.closed.set()
            finally:
                self.connections.discard(connection)


ANSWER = (
    b'{"id":"msg_t","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi."}],'
    b'"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":3}}'
)


COMPLETION = (
    b'{"id":"chatcmpl-t","object":"chat.completion","created":1795219200,"model":"m","choices":[{"index":0,"message":'
    b'{"role":"assistant","content":"Hi.","refusal":null},"logprobs":null,"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13}}'
)
LINES = (
    b'{"model":"m","created_at":"2026-11-21T00:00:01Z","message":{"role":"assistant","content":"Hi."},"done":false}\n'
    b'{"model":"m","created_at":"2026-11-21T00:00:01Z","message":{"role":"assistant","content":""},"done":true,'
    b'"done_reason":"stop","prompt_eval_count":10,"eval_count":3}\n'
)


def response_bytes(status=200, body=ANSWER, headers=()):
    fields = {"content-type": "application/json"} | dict(headers)
    head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def reply_with(*arguments, **more):
    """An `answer` for Upstream that is always the same."""
    data = response_bytes(*arguments, **more)
    return lambda request, connection: connection.sendall(data)


def reply_by_path(request, connection):
    """An `answer` for Upstream that knows every dialect, plain and as a stream."""
    if request.target == "/api/chat":
        lines = LINES if request.json().get("stream", True) else LINES.split(b"\n")[1].replace(b'""', b'"Hi."', 1)
        kind = "application/x-ndjson" if lines is LINES else "application/json"
        connection.sendall(response_bytes(body=lines, headers={"content-type": kind}))
    elif request.target.startswith("/v1/messages"):
        is_stream = request.json().get("stream")
        connection.sendall(event_stream(message_stream()) if is_stream else response_bytes())
    else:
        is_stream = request.json().get("stream")
        connection.sendall(event_stream(COMPLETION_STREAM) if is_stream else response_bytes(body=COMPLETION))


def event_stream(data):
    """An answer that is a stream, sent at once."""
    return STREAM_HEAD + chunk(data) + b"0\r\n\r\n"


def openai_chunk(delta=None, finish=None, **more):
    """A line of an OpenAI stream."""
    choice = {"index": 0, "delta": delta or {}, "logprobs": None, "finish_reason": finish}
    head = {"id": "chatcmpl-t", "object": "chat.completion.chunk", "created": 1795219200, "model": "m"}
    return b"data: " + json.dumps(head | {"choices": [choice]} | more).encode() + b"\n\n"


OPENAI_END = b"data: [DONE]\n\n"
COMPLETION_STREAM = (
    openai_chunk({"role": "assistant", "content": "Hi."})
    + openai_chunk(finish="stop")
    + openai_chunk(choices=[], usage={"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13})
    + OPENAI_END
)


STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(name, **data):
    return f"event: {name}\ndata: {json.dumps({'type': name} | data)}\n\n".encode()


def stream_start(input_tokens=10):
    usage = {"input_tokens": input_tokens, "output_tokens": 1}
    message = {"id": "msg_t", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    return event("message_start", message=message)


def message_stream(text="Hi."):
    """A whole stream of Anthropic's."""
    return b"".join([
        stream_start(),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": text}),
        event("content_block_stop", index=0),
        event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 3}),
        event("message_stop"),
    ])
