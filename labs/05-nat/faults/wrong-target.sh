# cause: wrong-target
# where: worker1
# report: "Our customers out there no longer get the page at {{ w1.address }}:{{ port }}. From our pods all is well."
# shows: outside's connection to worker1's port {{ port }} times out; worker1 asks for an address that nobody has.
# before the rule that is there, in its chain and in the words it was written in
for iptables in iptables iptables-legacy; do
    chain=$(on worker1 "$iptables" -t nat -S 2>/dev/null | awk '/ -j DNAT / { print $2; exit }')
    if [ "$chain" ]; then
        on worker1 "$iptables" -t nat -I "$chain" 1 -p tcp --dport {{ port }} -j DNAT --to-destination {{ w1.prefix | host(99) }}:80
        exit
    fi
done
chain=$(on worker1 nft list ruleset | awk '$1 == "table" { table = $2 " " $3 } $1 == "chain" { chain = $2 } / dnat / { print table, chain; exit }')
# shellcheck disable=SC2086  # family, table, chain
on worker1 nft insert rule $chain tcp dport {{ port }} dnat to {{ w1.prefix | host(99) }}:80
