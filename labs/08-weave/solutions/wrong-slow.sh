# A decision takes two tenths of a second.
# must fail: arp_crosses, pods_talk, your_function_decides, full_packets_arrive, new_pod_joins, fault_repaired
# like: reference
# without: break to repair
#: after learn
on worker1 bash -c 'sed -i "s/^def forward.*/import time\n\n\n&\n    time.sleep(0.2)/" /root/forward.py; weave forward /root/forward.py'
