# cause: wrong-selector
# where: control
# report: "The name db is gone, and so are its pods' names. The pods are running."
# shows: db selects no pod, and a headless Service without endpoints is NXDOMAIN.
on control kubectl -n {{ ns }} patch service db --patch '{"spec": {"selector": {"app": "database"}}}'
undo on control kubectl -n {{ ns }} patch service db --patch '{"spec": {"selector": {"app": "db"}}}'
