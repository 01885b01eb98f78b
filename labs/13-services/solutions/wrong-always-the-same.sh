# Session affinity: a caller gets the same pod again and again.
# must fail: client_is_served, every_node_serves, fault_repaired
# like: reference
# without: break to repair
#: after node-port
on control kubectl patch service {{ app }} --patch '{"spec": {"sessionAffinity": "ClientIP"}}'
for node in worker1 worker2; do
    on "$node" timeout 20 bash -c 'until iptables-save -t nat | grep -q "rcheck"; do :; done'
done
