# cause: wrong-target
# where: worker1
# report: "{{ c.name }} waits for {{ app }} for ever. {{ d.name }} gets its pages."
# shows: calls from worker1's pods are sent to an address that nobody has, by a rule before kube-proxy's.
on worker1 iptables -t nat -I PREROUTING 1 -d {{ service }}/32 -p tcp --dport 80 -j DNAT --to-destination {{ w1.prefix | host(99) }}:8080
