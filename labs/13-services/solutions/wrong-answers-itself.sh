# worker1 has the Service's address itself, and a server of its own answers there.
# must fail: client_is_served, every_node_serves, pods_reach_themselves, outside_is_served, nobody_is_said_at_once, fault_repaired
# like: reference
# without: two-pods to repair
#: one-pod
on worker1 ip addr add {{ service }}/32 dev lo
on worker1 bash -c 'setsid socat TCP-LISTEN:80,fork,reuseaddr SYSTEM:"printf \"HTTP/1.0 200 OK\r\n\r\n{{ a.name }}\n\"" >/dev/null 2>&1 &'
