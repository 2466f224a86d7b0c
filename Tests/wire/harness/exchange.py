"""One case over one socket: sends the pieces, reads meanwhile, and looks whether the connection lives on."""

import select
import socket
import time

from .answers import AnswerReader, Malformed

PROBE = "GET {path}/probe HTTP/1.1\r\nHost: {host}\r\n\r\n"


class Outcome:
    """What came back."""

    def __init__(self):
        self.answers, self.interims, self.tunnel = [], [], None
        self.closed = self.reset = self.probed = False
        self.probe, self.problem = None, None


class Exchange:
    """Runs a case; `patience` is how long an answer or a close may take."""

    def __init__(self, address, case, frame, patience=3.0):
        self.case, self.frame, self.patience = case, frame, 16.0 if case.slow else patience
        self.outcome = Outcome()
        self.reader = AnswerReader(self._bodiless)
        self.link = address.connect()
        self.link.setblocking(False)
        self.done_sending = False

    def _bodiless(self, index):
        return index < len(self.case.answers) and self.case.answers[index].bodiless

    def run(self):
        try:
            self._send_all()
            self._collect()
            self._probe()
            if not self.outcome.closed and self.case.closes is True:
                self._read_until(lambda: False, self.patience)
            if self.outcome.closed:
                self.reader.finish()
        except Malformed as error:
            self.outcome.problem = str(error)
        finally:
            self.link.close()
        outcome = self.outcome
        outcome.answers, outcome.interims = self.reader.finals, self.reader.interims
        outcome.tunnel = bytes(self.reader.tunnel) if self.reader.tunnel is not None else None
        if outcome.probed and len(outcome.answers) > len(self.case.answers):
            outcome.probe = outcome.answers.pop()
        return outcome

    # Sending

    def _send_all(self):
        for piece in self.case.send:
            if self.outcome.closed:
                return
            if isinstance(piece, dict) and "pause" in piece:
                self._read_until(lambda: False, piece["pause"])
            elif isinstance(piece, dict) and "shutdown" in piece:
                self._shutdown()
            elif isinstance(piece, dict) and "await" in piece:
                if not self._await(piece["await"]):
                    return
            elif isinstance(piece, dict) and "drip" in piece:
                for byte in self.frame.piece(piece):
                    self._send(bytes([byte]))
                    time.sleep(0.0005)
            else:
                self._send(self.frame.piece(piece))

    def _shutdown(self):
        try:
            self.link.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _await(self, what):
        """False when the rest is not to be sent, because all answers came first."""
        reader, wanted = self.reader, len(self.case.answers)
        satisfied = {"answer": lambda: reader.finals, "any": lambda: reader.finals or reader.interims,
                     100: lambda: reader.interims or len(reader.finals) >= wanted}[what]
        self._read_until(satisfied, self.patience)
        return what != 100 or bool(reader.interims)

    def _send(self, data):
        view, deadline = memoryview(data), time.monotonic() + 10
        while view and not self.outcome.closed:
            readable, writable, _ = select.select([self.link], [self.link], [], 1.0)
            if readable:
                self._receive()
            if writable and not self.outcome.closed:
                try:
                    view = view[self.link.send(view):]
                except BlockingIOError:
                    pass
                except OSError:
                    return
            if time.monotonic() > deadline:
                self.outcome.problem = "the server stopped reading"
                return

    # Reading

    def _receive(self):
        try:
            data = self.link.recv(1 << 18)
        except BlockingIOError:
            return
        except ConnectionResetError:
            self.outcome.closed = self.outcome.reset = True
            return
        if data:
            self.reader.feed(data)
        else:
            self.outcome.closed = True

    def _read_until(self, satisfied, seconds):
        deadline = time.monotonic() + seconds
        while not self.outcome.closed and not satisfied():
            left = deadline - time.monotonic()
            if left <= 0:
                return
            readable, _, _ = select.select([self.link], [], [], left)
            if readable:
                self._receive()

    def _collect(self):
        wanted = len(self.case.answers)
        needed = sum(not entry.optional for entry in self.case.answers)
        self._read_until(lambda: len(self.reader.finals) >= wanted and self._tunnel_filled(), self.patience
                         if needed or self.case.closes is True else 0.3)

    def _tunnel_filled(self):
        if self.case.tunnel is None or self.reader.tunnel is None:
            return True
        return len(self.reader.tunnel) >= len(self.frame.bytes(self.case.tunnel))

    def _probe(self):
        """A further request shows that both sides agree where the last one ended."""
        if self.case.closes is True or self.outcome.closed or self.reader.tunnel is not None:
            return
        if self.case.half_closes:
            self._read_until(lambda: False, self.patience)
            return
        if self.case.closes == "either":
            self._read_until(lambda: False, 0.15)
            if self.outcome.closed:
                return
        before = len(self.reader.finals)
        self.outcome.probed = True
        self._send(self.frame.text(PROBE))
        self._read_until(lambda: len(self.reader.finals) > before, self.patience)
