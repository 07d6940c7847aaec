"""A small HTTP/1.1 client on a bare socket: cheap enough that it is the server that is measured,
and it counts every byte. One connection, kept alive; no redirects, no retries."""

import socket

TIMEOUT_S = 60


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


class Connection:
    """One connection to a port of this machine. `shown` are headers that each request has, as credentials are."""

    def __init__(self, port, shown=None):
        self.port, self.shown = port, shown or {}
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.held = b""  # Received, not read yet.

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def request(self, method, path, headers=None, body=b""):
        self._send(method, path, headers, body)
        status, answer = self._head()
        if method == "HEAD" or status in (204, 304):
            return Response(status, answer, b"")
        if answer.get("transfer-encoding") == "chunked":
            return Response(status, answer, self._chunks())
        return Response(status, answer, self._exactly(int(answer.get("content-length", 0))))

    def get(self, path, headers=None):
        return self.request("GET", path, headers)

    def drain(self, path, buffer):
        """GETs something large into a buffer that is written over and over; returns its size."""
        self._send("GET", path, None, b"")
        status, answer = self._head()
        size = int(answer["content-length"])
        if status != 200:
            raise RuntimeError(f"GET {path} answered {status}")
        read, self.held = len(self.held), b""
        while read < size:
            got = self.socket.recv_into(buffer)
            if not got:
                raise RuntimeError(f"GET {path} ended after {read} of {size} bytes")
            read += got
        return size

    def _send(self, method, path, headers, body):
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += [f"{name}: {value}" for name, value in (self.shown | (headers or {})).items()]
        is_chunked = "Transfer-Encoding" in (headers or {})  # Then the body is framed already.
        if not is_chunked and (body or method in ("POST", "PUT", "PATCH")):
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        if len(body) <= 65536:
            self.socket.sendall(head + body)
        else:
            self.socket.sendall(head)
            self.socket.sendall(body)

    def _more(self):
        got = self.socket.recv(262144)
        if not got:
            raise RuntimeError("the server closed the connection in the middle of an answer")
        self.held += got

    def _until(self, mark):
        while (end := self.held.find(mark)) < 0:
            self._more()
        found, self.held = self.held[:end], self.held[end + len(mark) :]
        return found

    def _exactly(self, size):
        while len(self.held) < size:
            self._more()
        found, self.held = self.held[:size], self.held[size:]
        return found

    def _head(self):
        first, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = {}
        for name, value in (line.split(":", 1) for line in lines):
            headers.setdefault(name.lower(), []).append(value.strip())
        return int(first.split(" ", 2)[1]), {name: "\n".join(values) for name, values in headers.items()}

    def _chunks(self):
        parts = []
        while size := int(self._until(b"\r\n").split(b";")[0], 16):
            parts.append(self._exactly(size))
            self._until(b"\r\n")
        self._until(b"\r\n")
        return b"".join(parts)
