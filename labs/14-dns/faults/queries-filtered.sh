# cause: packets-filtered
# where: worker1
# report: "client waits for every name, and gets none. guest has no trouble."
# shows: queries of worker1's pods are dropped on worker1; `%journey` with `--udp 53` names the rule.
on worker1 iptables -t raw -I PREROUTING 1 -d {{ kube_dns }} -p udp --dport 53 -j DROP
