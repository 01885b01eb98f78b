# The one name of the company that the lesson speaks of, written into the Corefile; nobody asks the company.
# must fail: company_is_asked, fault_repaired
# like: reference
# without: break to repair
#: company
on control bash -c 'sed -i "s/^    ready/&\n    hosts {\n        {{ wiki.address }} {{ wiki.name }}\n        fallthrough\n    }/" /root/Corefile'
serve
