"""The files that images bring: configuration, pages, scripts in the place of programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from labkit.world.places import COMMANDS

NGINX: Final = """worker_processes 1;
pid /run/nginx.pid;
error_log stderr notice;
events { worker_connections 256; }
http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log /dev/stdout;
    client_body_temp_path /tmp/body;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;
    include /etc/nginx/conf.d/*.conf;
}
"""
SITE: Final = """server {
    listen 80;
    server_name localhost;
    location / {
        root /usr/share/nginx/html;
        index index.html;
    }
}
"""
TYPES: Final = "types { text/html html htm; text/plain txt; text/css css; application/json json; application/javascript js; image/png png; }\n"
WELCOME: Final = """<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
</body>
</html>
"""
PLUGIN: Final = f'#!/bin/sh\nexec {COMMANDS}/flannel "$@"\n'
CALICO: Final[Mapping[str, str]] = {
    f"/opt/cni/bin/{name}": f'#!/bin/sh\nexec {COMMANDS}/{program} "$@"\n'
    for name, program in (("calico", "calico"), ("calico-ipam", "calico-ipam"), ("install", "calico-install"))
}
FLEXVOL: Final = """#!/bin/sh
# Puts the driver of volumes in its place.
mkdir -p /host/driver && cp /opt/uds /host/driver/uds
"""
UDS: Final = """#!/bin/sh
# Policies of applications (Dikastes) are not in this course.
echo '{"status": "Not supported", "message": "not in this course"}'
"""
LAUNCH: Final = """#!/bin/sh
# The node's agent, which goes on in the background; the container lives as long as it does.
weave kube-launch --ipalloc-range="${IPALLOC_RANGE:-10.32.0.0/12}" || exit
exec tail --pid="$(cat /run/weave/weave.pid)" -n +1 -f /var/log/weave.log
"""
