"""Addresses as every process of the product takes them: `host:port` or `unix:/path`."""

import socket


class Address:
    """Where a server listens, and the authority that a client puts into Host."""

    def __init__(self, text):
        self.text = text
        self.path = text[5:] if text.startswith("unix:") else None
        if self.path is None:
            host, _, port = text.rpartition(":")
            if not host or not port.isdigit():
                raise ValueError(f"{text!r} is neither host:port nor unix:/path")
            self.host, self.port = host.strip("[]"), int(port)

    @property
    def authority(self):
        return "localhost" if self.path is not None else self.text

    def connect(self, timeout=5.0, receive_buffer=None):
        """A connected socket; small writes leave at once, so that a case decides its own packets."""
        family = socket.AF_UNIX if self.path is not None else (
            socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        link = socket.socket(family, socket.SOCK_STREAM)
        try:
            link.settimeout(timeout)
            if receive_buffer:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            if self.path is not None:
                link.connect(self.path)
            else:
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                link.connect((self.host, self.port))
        except OSError:
            link.close()
            raise
        return link

    def __str__(self):
        return self.text
