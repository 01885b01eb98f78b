# Three pods with the right label, which nobody looks after.
# must fail: db_has_three, fault_repaired
# like: reference
# without: break to repair
#: deployment
for name in db-1 db-2 db-3; do
    on control kubectl run "$name" --image=nginx --labels=app=db
done
on control kubectl wait pod db-1 db-2 db-3 --for=condition=Ready --timeout=60s
