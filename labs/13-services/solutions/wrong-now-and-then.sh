# worker2 refuses every other caller of its pod.
# must fail: client_is_served, every_node_serves, pods_reach_themselves, outside_is_served, fault_repaired
# like: reference
# without: break to repair
#: after node-port
on worker2 nft 'add table ip half; add chain ip half forward { type filter hook forward priority -1; }; add rule ip half forward tcp dport 8080 tcp flags & (syn | ack) == syn tcp sport & 2 == 2 reject with tcp reset'
