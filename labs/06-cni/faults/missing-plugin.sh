# cause: missing-plugin
# where: worker1
# shows: new pods stay without an address; the runtime cannot find a program.
on worker1 rm /opt/cni/bin/host-local
