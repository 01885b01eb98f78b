# cause: process-stopped
# where: worker3
# shows: {{ w3.pod }} is cut off; weave status connections on the other nodes no longer lists worker3 as established.
pid=$(on worker3 cat /run/weave/weave.pid)
on worker3 kill -KILL "$pid"
