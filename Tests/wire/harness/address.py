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
        link = self.socket(receive_buffer)
        try:
            link.settimeout(timeout)
            link.connect(self.peer)
        except OSError:
            link.close()
            raise
        return link

    @property
    def peer(self):
        """What a socket connects to."""
        return self.path if self.path is not None else (self.host, self.port)

    def socket(self, receive_buffer=None):
        """A socket that is not connected yet."""
        if self.path is not None:
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        else:
            link = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_STREAM)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        return link

    def __str__(self):
        return self.text
