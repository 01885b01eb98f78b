# worker02 in words of its own: it calls nobody and answers whoever calls from the cable; unreachable in place of blackhole.
# like: reference
write_conf() {
    on {{ w2.name }} tee /etc/bird/bird.conf >/dev/null <<'CONF'
router id {{ w2.address }};
protocol device {}
protocol static mine { ipv4; route {{ w2.block }} unreachable; }
protocol direct { ipv4; interface "eth*"; }
protocol kernel {
    metric 0;
    persist;
    ipv4 { export where source ~ [ RTS_BGP, RTS_STATIC ]; };
}
protocol bgp others {
    local {{ w2.address }} as 64512;
    neighbor range {{ lan }} as 64512;
    direct; error wait time 1, 3;
    ipv4 { import where net ~ {{ pool }}; export where proto = "mine"; next hop self; };
}
CONF
}
#: reflector
on {{ m1.name }} sed -i 's/as 64512; source/as 64512; rr client; source/; s/^  reject;/  if source = RTS_BGP then accept; reject;/' /etc/bird/bird.conf
on {{ m1.name }} birdc configure >/dev/null
for node in {{ m2.name }} {{ m3.name }} {{ w1.name }}; do
    on "$node" sed -i '/^protocol bgp/ { / {{ m1.address }} as/! d }' /etc/bird/bird.conf
    on "$node" birdc configure >/dev/null
done
on {{ m1.name }} bash /root/wait-for sessions 4
on {{ w2.name }} bash /root/wait-for sessions 1
settle
