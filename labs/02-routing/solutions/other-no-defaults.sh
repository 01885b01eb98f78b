# A route for each network on the hosts; the routers send what they don't know to each other.
# like: reference
# without: straight
{% macro hosts() -%}
on {{ a.name }} ip route replace {{ lan2 }} via {{ a.gateway }}
on {{ a.name }} ip route replace {{ lan3 }} via {{ a.gateway }}
on {{ b.name }} ip route replace {{ lan1 }} via {{ b.gateway }} dev eth0
on {{ b.name }} ip route replace {{ lan3 }} via {{ router2.address }} dev eth0
on {{ c.name }} ip route replace {{ lan1 }} via {{ c.gateway }} proto static
on {{ c.name }} ip route replace {{ lan2 }} via {{ c.gateway }} proto static
{%- endmacro %}
#: first-gateway to far-way-back
on router1 ip addr add {{ a.gateway }}/24 brd + dev eth0
on router1 ip addr add {{ b.gateway }}/24 brd + dev eth1
on router1 sysctl -qw net.ipv4.conf.all.forwarding=1
on router1 ip route add default via {{ router2.address }} metric 50
on router2 ip route add default via {{ b.gateway }}
{{ hosts() }}

#: repair
on router1 sysctl -qw net.ipv4.conf.all.forwarding=1 net.ipv4.conf.eth1.proxy_arp_pvlan=0
on router1 ip link set eth0 up
on router2 ip addr del {{ b.address }}/32 dev eth0 || true
on router2 ip addr replace {{ c.gateway }}/24 brd + dev eth1
on router2 ip addr del {{ c.gateway }}/30 dev eth1 || true
on router2 ip route replace default via {{ b.gateway }}
{{ hosts() }}
for machine in {{ a.name }} {{ b.name }} {{ c.name }} router1 router2; do
    on "$machine" ip neigh flush all
done
