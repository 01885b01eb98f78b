# cause: wrong-name-server
# where: worker2
# report: "New pods on one of the nodes know no names at all, and wait for long. Older pods there are content."
# shows: guest, made anew, has another name server in its resolv.conf, from worker2's /var/lib/kubelet/config.yaml; nobody answers there.
on worker2 sed -i 's/^clusterDNS: .*/clusterDNS: [10.96.0.53]/' /var/lib/kubelet/config.yaml
on worker2 daemon stop kubelet
on worker2 daemon start kubelet
on control kubectl replace --force -f /root/guest.yaml
undo on control kubectl wait pod guest --for=condition=Ready --timeout=60s
undo on control kubectl replace --force -f /root/guest.yaml
undo on worker2 daemon start kubelet
undo on worker2 daemon stop kubelet
undo on worker2 sed -i 's/^clusterDNS: .*/clusterDNS: [{{ kube_dns }}]/' /var/lib/kubelet/config.yaml
on control kubectl wait pod guest --for=condition=Ready --timeout=60s
