# worker02 calls one pod from its own address: a rule that was meant for something else.
# must fail: nodes_call_from_the_tunnel, fault_repaired
# like: reference
# without: break to repair
#: after cross-subnet
on {{ w2.name }} iptables -t nat -A POSTROUTING -o tunl0 -s {{ w2.block | host(0) }} -d {{ b.address }} -j SNAT --to-source {{ w2.address }}
