# Ports are isolated from each other: pods reach the node only.
# must fail: first_two_talk, third_pod_talks, fault_repaired
# like: reference
# without: break to repair
#: after way-out
on worker1 bash -c 'for port in /sys/class/net/cni0/brif/*; do bridge link set dev "${port##*/}" isolated on; done'
