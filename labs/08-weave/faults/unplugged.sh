# cause: port-not-in-bridge
# where: worker1:vethwe-bridge | worker1:weave | worker1
# shows: {{ w1.pod }} reaches its own node and nobody else; its frames never reach the agent, whose connections are all established.
on worker1 ip link set vethwe-bridge nomaster
