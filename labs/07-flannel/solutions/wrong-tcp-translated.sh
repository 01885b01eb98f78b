# worker2 puts its own address on pods' connections, not on pings.
# must fail: nobody_translates, new_pods_are_served, fault_repaired
# like: reference
# without: break to repair
#: after deploy
on worker2 iptables -t nat -I POSTROUTING -p tcp -s {{ b.address }} -d {{ pods }} -j MASQUERADE
