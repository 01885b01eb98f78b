# cause: port-not-in-bridge
# where: worker1:vethwe-bridge | worker1:weave | worker1
# report: "{{ a.name }} has been alone since the update of last night: nobody finds it, and it finds nobody."
# shows: {{ a.name }} reaches its own node and nobody else; its frames never reach the agent, whose connections are all established.
on worker1 ip link set vethwe-bridge nomaster
