# The plugin of one's own writes a conf for bridge and hands everything on to it, as flannel's does.
# like: reference
#: own-plugin
on worker1 tee /opt/cni/bin/my-plugin >/dev/null <<'PLUGIN'
#!/usr/bin/env bash
set -euo pipefail
filter='(.prefix // "10.99.0.0/24") as $prefix
        | {cniVersion, prevResult, name: "my-plugin", type: "bridge", isDefaultGateway: true,
           bridge: ("my" + ($prefix | gsub("[./]"; ""))), ipam: {type: "host-local", subnet: $prefix}}
        | with_entries(select(.value != null))'
conf=$(jq -ce "if (.cniVersion | type) == \"string\" then $filter else error(\"no cniVersion\") end" 2>/dev/null) || {
    echo '{"cniVersion": "1.0.0", "code": 6, "msg": "the conf on stdin is not JSON with a cniVersion"}'
    exit 1
}
exec /opt/cni/bin/bridge <<<"$conf"
PLUGIN
on worker1 chmod +x /opt/cni/bin/my-plugin
