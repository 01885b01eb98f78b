# nginx runs on worker3 itself, and what comes for the pod's port 80 is sent to it.
# must fail: api_runs, fault_repaired
# like: reference
# without: break to repair
#: process
on worker3 daemon start nginx says="hello from api"
on worker3 iptables -t nat -A PREROUTING -d {{ w3.prefix | host(2) }} -p tcp --dport 80 -j DNAT --to-destination {{ w3.address }}
