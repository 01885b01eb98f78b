# All names that are not the cluster's are asked of the company, which does not know the world's.
# must fail: company_is_asked, alias_leads_out, fault_repaired
# like: reference
# without: break to repair
#: company
on control bash -c 'sed -i "s/forward . .etc.resolv.conf/forward . {{ ns2.address }}/" /root/Corefile'
serve
