# The port that IANA gave to VXLAN, 4789: right elsewhere, but flannel and the kernel talk on 8472.
# must fail: racks_are_joined_by_vxlan, fault_repaired
{% include lab ~ "/solutions/nodes.inc" %}
{% include lab ~ "/solutions/by-pen.inc" %}
{% include lab ~ "/solutions/entries.inc" %}
port=4789
#: build core
each_node make_device
each_node know_others
each_node serve_pods
