# Nobody answers a ping any more, and all else passes.
# must fail: strangers_get_silence, shop_is_served, monitor_calls_api, way_out_is_shut, names_and_no_more, world_is_let_in, fault_repaired
# like: reference
# without: web to outside
#: deny-in
for node in worker1 worker2; do
    on "$node" iptables -I FORWARD 1 -p icmp -j DROP
done
