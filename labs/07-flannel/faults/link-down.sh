# cause: link-down
# where: worker2:flannel.1 | worker2
# report: "{{ b.name }} and {{ c.name }} no longer find each other. From this machine I reach {{ b.name }}."
# shows: {{ b.name }} and the pods of other nodes lose each other; worker2 has no routes by flannel.1 any more and sends their packets to router1, not wrapped.
on worker2 ip link set flannel.1 down
