# What is large gets lost on the way to worker2's pods.
# must fail: by_hand_is_right, pages_come_in, paths_lead_to_api, fault_repaired
# like: reference
# without: break to repair
#: after local
on worker2 iptables -I FORWARD 1 -p tcp --dport 8080 -m length --length 600: -j DROP
