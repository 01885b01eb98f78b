# cause: wrong-traffic-policy | masquerade-too-broad
# where: control
# report: "All pages come. But to our pods all customers of the world seem to have one address since noon."
# shows: the pods are told an address of worker1 in the place of the caller's: externalTrafficPolicy is Cluster.
on control kubectl -n ingress-nginx patch service ingress-nginx-controller --patch '{"spec": {"externalTrafficPolicy": "Cluster"}}'
on client timeout 30 bash -c 'while curl -s -m 2 http://status.{{ site }}:32446/health | grep {{ client.address }}; do :; done'
