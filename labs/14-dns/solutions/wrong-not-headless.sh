# db is an ordinary Service: its name leads to one address, and its pods have no names.
# must fail: pods_have_names, fault_repaired
# like: reference
# without: break to repair
#: headless
on control sed -i '/clusterIP/d' /root/db.yaml
on control kubectl apply -f /root/db.yaml
