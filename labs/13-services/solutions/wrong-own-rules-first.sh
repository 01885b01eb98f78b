# kube-proxy runs, but the rules by hand stand before its own again.
# must fail: pods_reach_themselves, fault_repaired
# like: reference
# without: break to repair
#: take-away
on worker1 iptables -t nat -D PREROUTING -d {{ service }} -p tcp --dport 80 -j BY-HAND
on worker1 iptables -t nat -I PREROUTING 1 -d {{ service }} -p tcp --dport 80 -j BY-HAND
