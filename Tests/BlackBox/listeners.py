"""Servers that do with a connection whatever a test wants, where `wire.Upstream` would be too polite."""

import socket
import ssl
import threading

import wire


class Listener:
    """Accepts on a free port and hands each connection to `handle`, one after the other; `handle` may let it fail."""

    def __init__(self, handle):
        self._handle = handle
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                try:
                    self._handle(connection)
                except OSError:
                    pass

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def flood(sent):
    """An answer of `wire.Upstream`: a stream without end, as fast as it is read. The sizes of its pieces go into `sent`."""
    piece = wire.chunk(wire.event("content_block_delta", index=0, delta={"type": "text_delta", "text": "x" * 8_000}))

    def answer(request, connection):
        connection.sendall(wire.STREAM_HEAD + wire.chunk(wire.stream_start()))
        try:
            while True:
                connection.sendall(piece)
                sent.append(len(piece))
        except OSError:
            return False

    return answer


class SecureUpstream(Listener):
    """A provider behind TLS that notes what it was sent."""

    def __init__(self, cert, key):
        self.received = b""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(cert, key)
        super().__init__(self._answer)
        self.url = f"https://127.0.0.1:{self.port}"

    def _answer(self, plain):
        with self._context.wrap_socket(plain, server_side=True) as connection:
            connection.settimeout(5)
            while piece := connection.recv(65536):
                self.received += piece
                if piece.endswith(b"}"):
                    connection.sendall(wire.response_bytes())
