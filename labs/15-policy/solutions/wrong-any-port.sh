# What api and monitor may call api at is not said: every port, UDP too.
# must fail: no_other_port, fault_repaired
# like: reference
# without: break to repair
#: after monitor
on control kubectl -n {{ ns }} patch networkpolicy {{ c.name }}-{{ e.name }} --type=json -p '[{"op": "remove", "path": "/spec/ingress/0/ports"}]'
