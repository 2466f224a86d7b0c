"""A PostgreSQL cluster of the run's own, which can be crashed and started again."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PASSWORD = secrets.token_hex(16)
LOGINS = ("edge", "edge_service", "authenticator", "auth_admin")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """Migrated, with one password for its superuser and all logins."""

    def __init__(self, connections=200):
        self.folder = tempfile.mkdtemp(prefix="sv-chaos-", dir="/tmp")
        os.chmod(self.folder, 0o711)
        self.data = os.path.join(self.folder, "postgres")
        self.port = free_port()
        self._cluster(f"cluster_create {self.data} {self.port} streamvibe")
        if connections != 200:
            self.sql(f"alter system set max_connections = {connections}")
            self.stop("fast")
            self.start()
        passwords = {f"{login.upper()}_PASSWORD": PASSWORD for login in LOGINS}
        subprocess.run([os.path.join(ROOT, "scripts", "migrate"), "--database-url", self.url("postgres")], check=True,
                       env={**os.environ, **passwords}, stdout=subprocess.DEVNULL)

    def url(self, login):
        return f"postgresql://{login}:{PASSWORD}@127.0.0.1:{self.port}/streamvibe"

    def sql(self, text):
        """What psql prints, a line a row."""
        ran = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url("postgres"), "-c", text],
                             check=True, capture_output=True, text=True)
        return ran.stdout.splitlines()

    def stop(self, mode="immediate"):
        self._cluster(f"cluster_stop {self.data} {mode}")

    def start(self):
        self._cluster(f"cluster_start {self.data} {self.port} streamvibe")

    def remove(self):
        self._cluster(f"cluster_remove {self.data}")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _cluster(self, call):
        script = f". {os.path.join(ROOT, 'scripts', 'lib', 'cluster.sh')}; {call}"
        subprocess.run(["bash", "-euo", "pipefail", "-c", script], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env={**os.environ, "PGPASSWORD": PASSWORD})
