# cause: missing-plugin
# where: worker1
# report: "My new pods hang in ContainerCreating on one machine. All nodes are Ready."
# shows: nodes are Ready; a new pod on worker1 has the Event FailedCreatePodSandBox, which names the plugin bridge.
undo on worker1 ln -s /usr/lib/cni/bridge /opt/cni/bin/bridge
on worker1 rm /opt/cni/bin/bridge
