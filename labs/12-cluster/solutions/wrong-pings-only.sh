# To worker3's pods only pings pass.
# must fail: api_runs, new_pods_are_served, fault_repaired
# like: reference
# without: break to repair
#: after status
on worker3 iptables -A FORWARD ! -p icmp -j DROP
