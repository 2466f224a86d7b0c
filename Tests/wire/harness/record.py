"""The recording backend's file, sorted by the nonce that each request carries."""

import json
import re


class Record:
    """What a backend saw since this object was made."""

    def __init__(self, path):
        self.path = path
        with open(path, "a+", encoding="utf-8") as file:
            file.seek(0, 2)
            self.start = file.tell()

    def by_nonce(self, run):
        """Each nonce's records in order; a record that mentions two counts for both."""
        found = {}
        with open(self.path, encoding="utf-8") as file:
            file.seek(self.start)
            for line in file:
                row = json.loads(line)
                for nonce in set(re.findall(rf"{run}-\d+", row.get("raw", ""))):
                    found.setdefault(nonce, []).append(row)
        return found
