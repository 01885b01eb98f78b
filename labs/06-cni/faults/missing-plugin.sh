# cause: missing-plugin
# where: worker1
# report: "My new pod has been in ContainerCreating for an hour. The old ones run."
# shows: new pods stay without an address; the runtime cannot find a program.
undo on worker1 ln -sf "$(on worker1 readlink /opt/cni/bin/host-local)" /opt/cni/bin/host-local
on worker1 rm /opt/cni/bin/host-local
