# cause: process-stopped
# where: worker3
# shows: {{ w3.pod }} is cut off; weave status connections on the other nodes no longer lists worker3 as established.
on worker3 bash -c 'kill -KILL "$(cat /run/weave/weave.pid)"'
