# Two pods where three were asked for.
# must fail: db_has_three, fault_repaired
# like: reference
# without: break to repair
#: deployment
on control kubectl create deployment db --image=nginx --replicas=2
on control kubectl rollout status deployment db --timeout=60s
