# cause: proxy-arp-off
# where: {{ w1.name }}:{{ a.name | cali }} | {{ w1.name }}
# report: "{{ a.name }} reaches nobody any more."
# shows: {{ a.name }} asks for 169.254.1.1 and gets no answer; the other pods are well.
on {{ w1.name }} sysctl -w net.ipv4.conf.{{ a.name | cali }}.proxy_arp=0
on {{ w1.name }} ip addr flush dev {{ a.name | cali }}
on {{ w1.name }} bash -c 'ip neigh del proxy 169.254.1.1 dev {{ a.name | cali }} 2>/dev/null || true'
