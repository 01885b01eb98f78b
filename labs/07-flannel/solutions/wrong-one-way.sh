# worker3 knows nobody: requests arrive, answers do not come back.
# must fail: racks_talk, everybody_talks, nobody_translates, pods_get_out, fault_repaired
{% include lab ~ "/solutions/nodes.inc" %}
{% include lab ~ "/solutions/entries.inc" %}
#: build core
each_node make_device
know_others worker1
know_others worker2
