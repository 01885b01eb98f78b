# Names are answered by UDP only: what is too long for a datagram can't be had.
# must fail: service_has_a_name, fault_repaired
# like: reference
# without: break to repair
#: after company
for node in worker1 worker2; do
    on "$node" iptables -t raw -I PREROUTING 1 -p tcp --dport 53 -j DROP
done
