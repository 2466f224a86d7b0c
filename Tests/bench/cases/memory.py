"""Memory of many functions at once: each process counts its share of what it shares (PSS)."""

import contextlib
import os
import shutil
import time

from harness import load, machine
from harness.process import Process, free_port
from harness.result import Bar, Result, median

COPIES = 20
MIB = 1024 * 1024


def run(context):
    result = Result("memory", f"{COPIES} functions, each a file of its own, and the dispatcher in front of them")
    context.make_users()
    folder = os.path.join(context.folder, "copies")
    os.makedirs(folder)
    with contextlib.ExitStack() as stack:
        functions, addresses = [], []
        for number in range(COPIES):
            # A file of its own for each: their text is not shared, as that of different functions is not.
            path = os.path.join(folder, f"function-{number + 1:02}")
            shutil.copy(context.binary("auth-profile-setup" if number % 2 else "bench-read"), path)
            addresses.append(f"127.0.0.1:{free_port()}")
            functions.append(stack.enter_context(context.program(path, LISTEN=addresses[-1], LOG_LEVEL="warning")))
        public = f"127.0.0.1:{free_port()}"
        upstreams = ",".join(f"{function.name}={address}" for function, address in zip(functions, addresses))
        upstreams += f",bench-read={addresses[0]}"
        dispatcher = stack.enter_context(Process(
            "dispatcher-memory", [context.binary("dispatcher")], {"LISTEN": public, "UPSTREAMS": upstreams, "LOG_LEVEL": "warning"},
            context.folder))
        for function, address in zip(functions, addresses):
            function.wait(address, "/health/live")
        dispatcher.wait(public, "/health/live")
        time.sleep(1)
        idle = [machine.memory_of(function.pid) for function in functions]
        dispatcher_idle = machine.memory_of(dispatcher.pid)
        for number, (function, address) in enumerate(zip(functions, addresses)):
            if number % 2 == 0:
                load.turn(f"http://{address}/bench-read", function, 1, authorizations=context.users)
            else:
                load.turn(f"http://{address}/health/live", function, 1)
        load.turn(f"http://{public}/bench-read", dispatcher, context.seconds, clients=128, authorizations=context.users)
        time.sleep(1)
        loaded = [machine.memory_of(function.pid) for function in functions]
        dispatcher_loaded = machine.memory_of(dispatcher.pid)
    result.header = ["", "PSS MiB", "highest", "private", "RSS"]
    for name, sizes in [
        ("a function, idle (median)", idle),
        ("a function that reads, after load (median)", loaded[::2]),
        ("a function asked for /health/live, after load (median)", loaded[1::2]),
        ("dispatcher, idle", [dispatcher_idle]),
        ("dispatcher, after load of 128 clients", [dispatcher_loaded]),
    ]:
        pss, private, resident = ([size[index] / MIB for size in sizes] for index in range(3))
        result.rows.append([name, f"{median(pss):.2f}", f"{max(pss):.2f}", f"{median(private):.2f}", f"{median(resident):.1f}"])
    result.rounds = {"idle": idle, "loaded": loaded, "dispatcher": [dispatcher_idle, dispatcher_loaded]}
    result.notes.append(f"Sum of the {COPIES} functions, idle: {sum(size[0] for size in idle) / MIB:.1f} MiB PSS.")
    # 3 MB and 8 MB, in units of 10⁶ bytes
    result.bars.append(Bar("a function, idle: PSS, the largest of them", max(size[0] for size in idle) / 1e6, 3, atleast=False, unit=" MB"))
    result.bars.append(Bar("dispatcher, idle: PSS", dispatcher_idle[0] / 1e6, 8, atleast=False, unit=" MB"))
    result.bars.append(Bar("dispatcher, after load: PSS", dispatcher_loaded[0] / 1e6, 8, atleast=False, unit=" MB"))
    return result
