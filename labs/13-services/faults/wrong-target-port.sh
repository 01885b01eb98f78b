# cause: wrong-target-port
# where: control
# report: "{{ app }} refuses everybody since the new release. Called by their own addresses, both pods answer."
# shows: the EndpointSlice has the pods with port 8081, where nothing listens.
on control kubectl patch service {{ app }} --patch '{"spec": {"ports": [{"port": 80, "targetPort": 8081}]}}'
undo on control kubectl patch service {{ app }} --patch '{"spec": {"ports": [{"port": 80, "targetPort": 8080}]}}'
for node in worker1 worker2; do
    on "$node" timeout 20 bash -c 'while curl -sf -m 1 -o /dev/null http://{{ service }}; do :; done'
done
