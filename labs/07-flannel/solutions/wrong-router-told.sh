# No overlay: somebody else's router is given routes for the pods. It works, until it is not there for you.
# must fail: racks_are_joined_by_vxlan, fault_repaired
{% include lab ~ "/solutions/nodes.inc" %}
{% include lab ~ "/solutions/by-pen.inc" %}
#: build core
tell_router() { on router1 ip route add "$2" via "$5"; }
each_node tell_router
each_node serve_pods
