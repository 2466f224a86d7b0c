"""What the load programs measure: latency of a healthy client, and a process's memory."""

import multiprocessing
import time

from .address import Address


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def memory(pid):
    """Resident memory in bytes of a process and its children; 0 without a pid."""
    if not pid:
        return 0
    total = 0
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            total = next((int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS:")), 0)
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            total += sum(memory(int(child)) for child in file.read().split())
    except OSError:
        pass
    return total


class Healthy:
    """A well-behaved client in a process of its own: one request after another on one connection."""

    def __init__(self, address, target, every=0.002):
        self.arguments = (str(address), target, every)
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=self.work, args=(other, *self.arguments), daemon=True)
        self.process.start()

    def during(self, seconds):
        """Latencies in seconds of the requests of that long a while; one that is lost or answered 5xx is infinite."""
        self.begin(seconds)
        return self.end()

    def begin(self, seconds):
        self.pipe.send(seconds)

    def end(self):
        return self.pipe.recv()

    def close(self):
        self.pipe.send(None)
        self.process.join()

    @staticmethod
    def work(pipe, text, target, every):
        address, link = Address(text), None
        request = f"GET {target} HTTP/1.1\r\nHost: {address.authority}\r\n\r\n".encode()
        while (seconds := pipe.recv()) is not None:
            found, end = [], time.monotonic() + seconds
            while time.monotonic() < end:
                began = time.perf_counter()
                try:
                    link = link or address.connect(10)
                    link.sendall(request)
                    if not Healthy.answered(link):
                        raise OSError("no answer")
                    found.append(time.perf_counter() - began)
                except OSError:
                    found.append(float("inf"))
                    if link:
                        link.close()
                    link = None
                time.sleep(every)
            pipe.send(found)

    @staticmethod
    def answered(link):
        data = b""
        while b"\r\n\r\n" not in data:
            more = link.recv(65536)
            if not more:
                return False
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        if head[9:10] == b"5":
            return False
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n")
                       if line.lower().startswith(b"content-length:")), 0)
        while len(body) < length:
            more = link.recv(65536)
            if not more:
                return False
            body += more
        return True
