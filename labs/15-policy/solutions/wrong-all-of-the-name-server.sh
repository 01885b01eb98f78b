# Everything of the name server's pods may be called, not only names.
# must fail: names_and_no_more, fault_repaired
# like: reference
# without: break to repair
#: after names
on control kubectl -n {{ ns }} patch networkpolicy names --type=json -p '[{"op": "remove", "path": "/spec/egress/0/ports"}]'
