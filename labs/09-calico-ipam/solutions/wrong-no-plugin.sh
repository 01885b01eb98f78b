# New pods get nothing: the conf lies where nobody looks.
# must fail: new_pods_are_wired, fault_repaired
# like: reference
# without: break to repair
#: after plugin
on {{ w1.name }} rm /etc/cni/net.d/10-calico.conflist
