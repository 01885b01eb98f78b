# The next pods are wired by another plugin, to a bridge.
# must fail: new_pods_are_wired, fault_repaired
# like: reference
# without: break to repair
#: after plugin
on {{ w1.name }} sed -i 's/"type": "calico"/"type": "bridge", "isDefaultGateway": true/' /etc/cni/net.d/10-calico.conflist
