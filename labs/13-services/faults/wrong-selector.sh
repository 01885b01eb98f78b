# cause: wrong-selector
# where: control
# report: "Nobody gets a page from {{ app }} any more: refused, at once. Both pods are running."
# shows: the Service has no endpoints, and kube-proxy rejects its callers.
on control kubectl patch service {{ app }} --patch '{"spec": {"selector": {"app": "{{ app }}-v2"}}}'
undo on control kubectl patch service {{ app }} --patch '{"spec": {"selector": {"app": "{{ app }}"}}}'
for node in worker1 worker2; do
    on "$node" timeout 20 bash -c 'while curl -sf -m 1 -o /dev/null http://{{ service }}; do :; done'
done
