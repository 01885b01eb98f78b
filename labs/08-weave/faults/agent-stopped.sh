# cause: process-stopped
# where: worker3
# report: "{{ c.name }} has been alone since the update of last night: nobody finds it, and it finds nobody."
# shows: {{ c.name }} is cut off; weave status connections on the other nodes no longer lists worker3 as established.
pid=$(on worker3 cat /run/weave/weave.pid)
on worker3 kill -KILL "$pid"
undo on worker3 weave launch --no-fastdp --name ::3 {{ range }} {{ w1.address }} {{ w2.address }}
