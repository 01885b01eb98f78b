# worker3 knows nobody: requests arrive, answers do not come back.
# must fail: racks_talk, everybody_talks, pods_get_out, fault_repaired
# like: other-by-pen
# without: deploy to repair
#: third-node
each_node make_device
know_others worker1
know_others worker2
