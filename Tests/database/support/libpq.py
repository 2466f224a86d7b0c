"""A connection to PostgreSQL through the system's libpq: no package, and no lock of Python's is held
while the server works, so that threads make a real storm."""

import ctypes
import ctypes.util

_pq = ctypes.CDLL(ctypes.util.find_library("pq") or "libpq.so.5")
for _name, _result, _arguments in [
    ("PQconnectdb", ctypes.c_void_p, [ctypes.c_char_p]),
    ("PQstatus", ctypes.c_int, [ctypes.c_void_p]),
    ("PQerrorMessage", ctypes.c_char_p, [ctypes.c_void_p]),
    ("PQfinish", None, [ctypes.c_void_p]),
    ("PQexecParams", ctypes.c_void_p, [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p,
        ctypes.POINTER(ctypes.c_char_p), ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int,
    ]),
    ("PQresultStatus", ctypes.c_int, [ctypes.c_void_p]),
    ("PQresultErrorField", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int]),
    ("PQresultErrorMessage", ctypes.c_char_p, [ctypes.c_void_p]),
    ("PQntuples", ctypes.c_int, [ctypes.c_void_p]),
    ("PQnfields", ctypes.c_int, [ctypes.c_void_p]),
    ("PQgetisnull", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
    ("PQgetvalue", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
    ("PQclear", None, [ctypes.c_void_p]),
]:
    getattr(_pq, _name).restype = _result
    getattr(_pq, _name).argtypes = _arguments


class Refused(Exception):
    """An error of the server's: `state` is its SQLSTATE, `detail` its detail."""

    def __init__(self, state, message, detail):
        super().__init__(f"{state}: {message}")
        self.state = state
        self.detail = detail


class Connection:
    """One session. `login` is who it acts as from then on, with no more rights than that login has;
    it is set by the superuser that connects, so that no password has to be known or changed."""

    def __init__(self, url, login=None):
        self._handle = _pq.PQconnectdb(url.encode())
        if _pq.PQstatus(self._handle) != 0:
            message = _pq.PQerrorMessage(self._handle).decode()
            _pq.PQfinish(self._handle)
            raise ConnectionError(message)
        self.run("set client_min_messages = warning")
        if login is not None:
            self.run(f"set session authorization {login}")

    def run(self, statement, *values):
        """Runs one statement; its rows, each a tuple of texts and None."""
        texts = (ctypes.c_char_p * max(len(values), 1))(
            *[None if value is None else str(value).encode() for value in values]
        )
        result = _pq.PQexecParams(
            self._handle, statement.encode(), len(values), None, texts, None, None, 0
        )
        try:
            if _pq.PQresultStatus(result) not in (1, 2):
                field = {
                    letter: (_pq.PQresultErrorField(result, ord(letter)) or b"").decode()
                    for letter in "CMD"
                }
                if not field["C"]:
                    raise ConnectionError(_pq.PQerrorMessage(self._handle).decode())
                raise Refused(field["C"], field["M"], field["D"])
            return [
                tuple(
                    None
                    if _pq.PQgetisnull(result, row, column)
                    else _pq.PQgetvalue(result, row, column).decode()
                    for column in range(_pq.PQnfields(result))
                )
                for row in range(_pq.PQntuples(result))
            ]
        finally:
            _pq.PQclear(result)

    def one(self, statement, *values):
        """The only value of the only row."""
        ((value,),) = self.run(statement, *values)
        return value

    def as_user(self, user_id, statement, *values):
        """Runs a statement as a function does for a signed-in user: one transaction, the role and
        the claims local to it."""
        self.run("begin")
        try:
            self.run(
                "select set_config('role', 'edge_user', true),"
                " set_config('request.jwt.claims', $1, true)",
                f'{{"sub": "{user_id}", "role": "authenticated"}}',
            )
            rows = self.run(statement, *values)
        except Refused:
            self.run("rollback")
            raise
        self.run("commit")
        return rows

    def close(self):
        _pq.PQfinish(self._handle)
        self._handle = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
