# cause: missing-route | missing-return-route
# where: worker1
# report: "Pods find each other now and then. It depends on where they were started."
# shows: pods of worker1 and pods of worker2 don't reach each other; control reaches both; worker1 has no route to worker2's prefix.
on worker1 ip route del {{ w2.prefix }}
