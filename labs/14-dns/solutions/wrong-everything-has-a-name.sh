# CoreDNS gives every name of the world's the same address, also those that nobody has.
# must fail: nothing_else_has_a_name, fault_repaired
# like: reference
# without: break to repair
#: after company
on control bash -c 'sed -i "/^{{ zone }}/,\$!s/^    ready/&\n    template IN A example.org {\n        answer \"{% raw %}{{ .Name }}{% endraw %} 60 IN A {{ site.address }}\"\n    }/" /root/Corefile'
serve
