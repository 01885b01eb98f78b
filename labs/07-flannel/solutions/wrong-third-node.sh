# worker1 and worker3 are joined, nobody has thought of worker2.
# must fail: everybody_talks, nobody_translates, racks_are_joined_by_vxlan, full_size_fits, fault_repaired
{% include lab ~ "/solutions/start.inc" %}
{% include lab ~ "/solutions/nodes.inc" %}
{% include lab ~ "/solutions/by-pen.inc" %}
{% include lab ~ "/solutions/by-hand.inc" %}
#: forget core
on worker2 ip link del flannel.1
each_node serve_pods
