# Everything that leaves a node carries the node's address, what goes to other pods as well.
# must fail: nobody_translates, racks_are_joined_by_vxlan, new_pods_are_served, fault_repaired
# like: other-by-pen
# without: break to repair
#: after deploy
translate() { on "$1" nft insert rule ip way-out post ip saddr "$2" oifname '{ eth0, flannel.1 }' masquerade; }
each_node translate
