# cause: stale-fdb-entry
# where: worker1:flannel.1 | worker1
# shows: {{ w1.pod }} and {{ w3.pod }} lose each other; worker1 sends wrapped packets to an address that no node has any more.
on worker1 bridge fdb replace {{ w3.mac }} dev flannel.1 dst {{ rack | host(99) }}
