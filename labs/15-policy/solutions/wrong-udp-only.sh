# Names by UDP only: an answer that is too long for a datagram can't be had.
# must fail: names_and_no_more, later_pods_too, fault_repaired
# like: reference
# without: break to repair
#: after names
on control kubectl -n {{ ns }} patch networkpolicy names --type=json -p '[{"op": "remove", "path": "/spec/egress/0/ports/1"}]'
