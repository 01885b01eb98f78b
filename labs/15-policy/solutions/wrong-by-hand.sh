# No policy at all: rules of iptables, typed for the pods that are there.
# must fail: later_pods_too, world_is_let_in, fault_repaired
# like: reference
# without: web to outside
#: deny-in
declare -A at
for pod in {{ a.name }} {{ b.name }} {{ c.name }} {{ d.name }}; do
    at[$pod]=$(on control kubectl -n {{ ns }} get pod "$pod" -o 'jsonpath={.status.podIP}')
done
monitor=$(on control kubectl -n {{ ops }} get pod {{ e.name }} -o 'jsonpath={.status.podIP}')
servers=$(on control kubectl -n kube-system get pods -l k8s-app=kube-dns -o 'jsonpath={.items[*].status.podIP}')
for node in worker1 worker2; do
    on "$node" iptables -N BY-HAND
    on "$node" iptables -A BY-HAND -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN
    on "$node" iptables -A BY-HAND -s "${at[{{ a.name }}]}" -d "${at[{{ b.name }}]}" -p tcp --dport {{ b.port }} -j RETURN
    on "$node" iptables -A BY-HAND -s "${at[{{ b.name }}]}" -d "${at[{{ c.name }}]}" -p tcp --dport {{ c.port }} -j RETURN
    on "$node" iptables -A BY-HAND -s "${at[{{ c.name }}]}" -d "${at[{{ d.name }}]}" -p tcp --dport {{ d.port }} -j RETURN
    on "$node" iptables -A BY-HAND -s "$monitor" -d "${at[{{ c.name }}]}" -p tcp --dport {{ c.port }} -j RETURN
    for pod in "${at[@]}"; do
        for server in $servers; do
            for protocol in udp tcp; do
                on "$node" iptables -A BY-HAND -s "$pod" -d "$server" -p "$protocol" --dport 53 -j RETURN
            done
        done
        on "$node" iptables -A BY-HAND -s "$pod" -j DROP
        on "$node" iptables -A BY-HAND -d "$pod" -j DROP
    done
    on "$node" iptables -I FORWARD 1 -j BY-HAND
done
