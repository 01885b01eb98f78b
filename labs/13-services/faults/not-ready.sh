# cause: not-ready
# where: {{ b.name }}
# report: "All calls come to {{ a.name }}, which is at its limits. We pay for two pods."
# shows: only {{ a.name }} is called; {{ b.name }} is Running, and 0/1 ready.
on control kubectl exec {{ b.name }} -- touch /tmp/busy
undo on control kubectl exec {{ b.name }} -- rm -f /tmp/busy
on control kubectl wait pod {{ b.name }} --for=condition=Ready=false --timeout=20s
for node in worker1 worker2; do
    # shellcheck disable=SC2016  # expanded on the node
    on "$node" timeout 20 bash -c 'while for i in {1..12}; do curl -s -m 1 http://{{ service }}; done | grep -q {{ b.name }}; do :; done'
done
