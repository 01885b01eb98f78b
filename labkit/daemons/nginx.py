"""nginx, Debian's: a web server that answers every request with one sentence, or what a file of its own conf says.

Values: `port`, and `says`, in which nginx's own variables may stand ($remote_addr, $hostname); or `conf`: a file with `server` blocks,
of which one listens on that port.
"""

from __future__ import annotations

from labkit.daemons.daemon import Daemon, Listens, Program, Wish

_CONF = """worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log /dev/stdout;
    default_type text/plain;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {servers}
}}
"""
_SERVER = 'server {{ listen {port}; location / {{ return 200 "{says}\\n"; }} }}'


def plan_daemon(wish: Wish) -> Daemon:
    """In the foreground, with everything that it writes in a folder of its own."""
    folder, port = f"/run/{wish.name}", int(wish.values["port"])
    says = str(wish.values["says"]).replace("\\", "\\\\").replace('"', '\\"')
    own = wish.values["conf"]
    servers = f"include {own};" if own else _SERVER.format(port=port, says=says)
    conf = _CONF.format(folder=folder, servers=servers)
    argv = ("nginx", "-e", "stderr", "-g", "daemon off;", "-c", f"{folder}/nginx.conf", *wish.arguments)
    return Daemon(wish.name, argv, Listens(port), {f"{folder}/nginx.conf": conf}, pid_file=f"{folder}/nginx.pid")


PROGRAM = Program(plan_daemon, {"port": 80, "says": "hello from $hostname", "conf": ""})
