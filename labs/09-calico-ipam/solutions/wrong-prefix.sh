# New pods get addresses of a prefix that is no block; worker02 was told where it is.
# must fail: new_pods_are_wired, fault_repaired
# like: reference
# without: break to repair
#: after plugin
on {{ w1.name }} sed -Ei 's|"ranges": .*|"ranges": [[{"subnet": "10.99.0.0/24"}]]|' /etc/cni/net.d/10-calico.conflist
on {{ w2.name }} ip route add 10.99.0.0/24 via {{ w1.address }}
