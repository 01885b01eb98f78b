# cause: stale-fdb-entry
# where: worker1:flannel.1 | worker1
# report: "{{ a.name }} waits for {{ c.name }} for ever. Other pods get their answers from both."
# shows: {{ a.name }} and {{ c.name }} lose each other; worker1 sends wrapped packets to an address that no node has any more.
mac=$(on worker3 cat /sys/class/net/flannel.1/address)
on worker1 bridge fdb replace "$mac" dev flannel.1 dst {{ rack | host(99) }}
