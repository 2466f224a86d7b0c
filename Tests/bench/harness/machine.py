"""What is measured on, and how busy it is: the machine's facts, and CPU time from /proc."""

import os
import platform
import re
import subprocess

TICK = os.sysconf("SC_CLK_TCK")


def stat_of(pid):
    """The fields of /proc/PID/stat after the command, [] when the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def family(pid):
    """The process and all that descend from it."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := stat_of(name)):
            children.setdefault(int(fields[1]), []).append(int(name))
    found, new = [], [pid]
    while new:
        found += new
        new = [child for parent in new for child in children.get(parent, [])]
    return found


def cpu_of(pids):
    """(user, system) seconds of these processes, all their threads, so far."""
    stats = [fields for fields in map(stat_of, pids) if fields]
    return sum(int(fields[11]) for fields in stats) / TICK, sum(int(fields[12]) for fields in stats) / TICK


def busy():
    """(seconds of work, seconds stolen by other machines) of all CPUs since the machine started."""
    with open("/proc/stat", encoding="utf-8") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq) / TICK, steal / TICK


def memory_of(pid):
    """(PSS, private, resident) in bytes (proc(5), smaps_rollup)."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        sizes = {name: int(size) * 1024 for name, size in re.findall(r"^(\w+):\s+(\d+) kB$", file.read(), re.M)}
    return sizes["Pss"], sizes["Private_Clean"] + sizes["Private_Dirty"], sizes["Rss"]


def first_line(*command):
    """Of what a command prints on either output, its first line."""
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return (ran.stdout.decode(errors="replace").strip().splitlines() or [""])[0]


def facts(root, python, deno):
    """A name and a text each."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"^model name\s*: (.*)$", file.read(), re.M)
    with open("/proc/meminfo", encoding="utf-8") as file:
        total = int(re.search(r"^MemTotal:\s+(\d+)", file.read(), re.M)[1])
    packages = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"], capture_output=True, text=True, check=True).stdout
    wanted = re.findall(r"^((?:asyncpg|httptools|uvicorn|uvloop)==.*)$", packages, re.M)
    return {
        "cpu": f"{os.cpu_count()} × {model[1].strip() if model else platform.machine()}",
        "memory": f"{total / 1024 / 1024:.0f} GB",
        "kernel": f"{platform.system()} {platform.release()}",
        "load before": "%.2f %.2f %.2f" % os.getloadavg(),
        "commit": first_line("git", "-C", root, "describe", "--always", "--dirty"),
        "swift": first_line("swift", "--version"),
        "postgres": first_line("psql", "--version"),
        "deno": first_line(deno, "--version"),
        "python": f"{platform.python_version()}, {' '.join(wanted)}",
        "nginx": first_line("/usr/sbin/nginx", "-v"),
        "haproxy": first_line("/usr/sbin/haproxy", "-v"),
        "wrk": first_line("wrk", "-v").split(" [")[0],
    }
