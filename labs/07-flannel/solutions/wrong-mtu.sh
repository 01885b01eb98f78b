# 100 bytes taken off for the wrapping where 50 are needed: every packet carries less than it could.
# must fail: full_size_fits, neighbours_go_direct, fault_repaired
{% include lab ~ "/solutions/nodes.inc" %}
{% include lab ~ "/solutions/by-pen.inc" %}
{% include lab ~ "/solutions/entries.inc" %}
mtu=1400
#: build core
each_node make_device
each_node know_others
each_node serve_pods
