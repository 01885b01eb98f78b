# Only the pods that are there today are masqueraded: the next ones get no answers from outside.
# must fail: new_pods_are_served, fault_repaired
# like: other-by-pen
# without: break to repair
#: after deploy
today() {
    on "$1" nft flush chain ip way-out post
    on "$1" nft add rule ip way-out post ip saddr "${3%.0}.10" ip daddr != {{ pods }} masquerade
}
each_node today
