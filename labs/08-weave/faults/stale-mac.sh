# cause: stale-fdb-entry
# where: worker2:vethwe-bridge | worker2:weave | worker2
# shows: frames for {{ w2.pod }} reach worker2's agent and go no further: the bridge believes that {{ w2.pod }} is behind the agent.
mac=$(on {{ w2.pod }} cat /sys/class/net/eth0/address)
on worker2 bridge fdb replace "$mac" dev vethwe-bridge master static sticky
