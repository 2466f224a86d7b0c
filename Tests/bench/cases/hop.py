"""What stands in front of functions: one upstream, reached directly and through each proxy."""

import contextlib
import os

from harness.process import Process, free_port
from harness.result import Result, ratio_bar

PATH = "/functions/v1/bench-hello"
PROXY_KEY = "6b1f0f6d5d0a4d9fa0a7c3b2e1d4c5b66b1f0f6d5d0a4d9fa0a7c3b2e1d4c5b6"


def filled(context, name, **values):
    """A peer's configuration with its @places@ filled in."""
    with open(os.path.join(context.peers, name), encoding="utf-8") as file:
        text = file.read()
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    stem, ending = os.path.splitext(name)
    path = os.path.join(context.folder, f"{stem}-{values['listen'].rpartition(':')[2]}{ending}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def nginx(context, label, listen, upstream, buffer=""):
    folder = os.path.join(context.folder, label.replace(" ", "-").replace(",", ""))
    os.makedirs(folder, exist_ok=True)
    config = filled(context, "nginx.conf", folder=folder, listen=listen, upstream=upstream, buffer=buffer)
    server = Process(label, ["/usr/sbin/nginx", "-e", os.path.join(folder, "nginx-error.log"), "-c", config], {}, folder)
    server.log = os.path.join(folder, "nginx-access.log")
    return server


def run(context):
    result = Result("hop", "the same upstream, directly and through each proxy; access logs on; 32 clients")
    upstream = f"127.0.0.1:{free_port()}"
    addresses = {name: f"127.0.0.1:{free_port()}" for name in ("dispatcher", "nginx", "nginx, buffered log", "HAProxy")}
    with contextlib.ExitStack() as stack:
        hello = stack.enter_context(context.program(
            "bench-hello", "upstream", LISTEN=upstream, LOG_LEVEL="warning", EDGE_PROXY_KEY=PROXY_KEY))
        hello.wait(upstream, PATH)
        haproxy = filled(context, "haproxy.cfg", listen=addresses["HAProxy"], upstream=upstream)
        servers = {
            "dispatcher": Process("dispatcher", [context.binary("dispatcher")], {
                "LISTEN": addresses["dispatcher"], "UPSTREAMS": f"bench-hello={upstream}", "EDGE_PROXY_KEY": PROXY_KEY}, context.folder),
            "nginx": nginx(context, "nginx", addresses["nginx"], upstream),
            "nginx, buffered log": nginx(
                context, "nginx, buffered log", addresses["nginx, buffered log"], upstream, " buffer=64k flush=1s"),
            "HAProxy": Process("HAProxy", ["/usr/sbin/haproxy", "-db", "-f", haproxy], {}, context.folder),
        }
        others = {"upstream": hello.pid}
        contenders = {"direct": context.loaded(hello, upstream, PATH)}
        for name, server in servers.items():
            stack.enter_context(server)
            server.wait(addresses[name], PATH)
            contenders[name] = context.loaded(server, addresses[name], PATH, others=others)
        turns = context.rounds(contenders)
    result.turns(turns)
    ours = turns["dispatcher"]
    result.bars.append(ratio_bar("throughput: the dispatcher's / nginx's", [(a.rate, b.rate) for a, b in zip(ours, turns["nginx"])], 1.2))
    for name in ("nginx", "nginx, buffered log", "HAProxy"):
        cost = ratio_bar("", [(b.cpu, a.cpu) for a, b in zip(ours, turns[name])], 1)
        rate = ratio_bar("", [(a.rate, b.rate) for a, b in zip(ours, turns[name])], 1)
        result.notes.append(f"against {name}: throughput {rate.figure:.2f} ×, CPU a request {cost.figure:.2f} × better")
    result.notes.append("The dispatcher signs the client's address and the upstream checks that; the peers set X-Forwarded-For and an id.")
    return result
