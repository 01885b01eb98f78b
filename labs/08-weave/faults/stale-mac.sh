# cause: stale-fdb-entry
# where: worker2:vethwe-bridge | worker2:weave | worker2
# report: "Nobody gets an answer from {{ b.name }}. We moved it from another machine last night."
# shows: frames for {{ b.name }} reach worker2's agent and go no further: the bridge believes that {{ b.name }} is behind the agent.
mac=$(on {{ b.name }} cat /sys/class/net/eth0/address)
on worker2 bridge fdb replace "$mac" dev vethwe-bridge master static sticky
