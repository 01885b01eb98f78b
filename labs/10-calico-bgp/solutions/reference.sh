# worker02 joins the mesh; in the end a route reflector takes the mesh's place.
nodes="{{ m1.name }} {{ m2.name }} {{ m3.name }} {{ w1.name }} {{ w2.name }}"
own="route {{ w2.block }} blackhole;"
told="if net = {{ w2.block }} then accept;"
peers="{{ m1.address }} {{ m2.address }} {{ m3.address }} {{ w1.address }}"

# write_conf: worker02's bird.conf
write_conf() {
    local peer
    {
        echo "router id {{ w2.address }};"
        echo "protocol static { ipv4; $own }"
        echo "filter to_peers { $told reject; }"
        echo 'include "/etc/bird/common.conf";'
        for peer in $peers; do
            echo "protocol bgp Mesh_${peer//./_} from node { neighbor $peer as 64512; source address {{ w2.address }}; }"
        done
    } | on {{ w2.name }} tee /etc/bird/bird.conf >/dev/null
}
# settle: until every kernel has every block
settle() {
    local node
    for node in $nodes; do
        on "$node" bash /root/wait-for routes 5
    done
}

#: join core
write_conf
on {{ w2.name }} daemon start bird
settle

#: break core
break_something

#: name-the-fault core
answer fault.cause {{ fault.cause }}
answer fault.where {{ fault.where }}

#: repair core
on {{ w2.name }} sed -Ei 's/(local( [0-9.]+)? as )64513/\164512/' /etc/bird/bird.conf /etc/bird/common.conf
on {{ w1.name }} sed -i 's/source address {{ w1.second }}/source address {{ w1.address }}/; s|{{ w1.block }} then reject;|{{ w1.block }} then accept;|' /etc/bird/bird.conf
on {{ m2.name }} sed -i 's/export none;/export filter to_kernel;/' /etc/bird/common.conf
on {{ m3.name }} sed -i 's/^router id .*/router id {{ m3.address }};/; s| route {{ w2.block }} blackhole;||; s| if net = {{ w2.block }} then accept;||' /etc/bird/bird.conf
on {{ w1.name }} iptables -F
on {{ w1.name }} sysctl -qw net.ipv4.ip_forward=1
on {{ w1.name }} ip route replace default via {{ router }}
on {{ m2.name }} ip route flush root {{ w2.block }} proto boot
on {{ fault.where }} daemon restart bird
settle

#: reflector more
on {{ m1.name }} sed -i 's/as 64512; source/as 64512; rr client; source/; s/^  reject;/  if source = RTS_BGP then accept; reject;/' /etc/bird/bird.conf
for node in $nodes; do
    [ "$node" = {{ m1.name }} ] || on "$node" sed -i '/^protocol bgp/ { / {{ m1.address }} as/! d }' /etc/bird/bird.conf
    on "$node" birdc configure >/dev/null
done
on {{ m1.name }} bash /root/wait-for sessions 4
settle
