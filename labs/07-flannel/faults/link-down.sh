# cause: link-down
# where: worker2:flannel.1 | worker2
# shows: {{ w2.pod }} and {{ w3.pod }} lose each other; worker2 has no route to {{ w3.prefix }} any more.
on worker2 ip link set flannel.1 down
