# The block is told, and not written into worker02's own kernel: what no pod has is sent on to the router.
# must fail: free_addresses_end_there, fault_repaired
# like: reference
# without: break to repair
settle() {
    on {{ w2.name }} bash /root/wait-for routes 4
    on {{ m1.name }} bash /root/wait-for routes 5
}
#: before join
on {{ w2.name }} sed -i 's/if source = RTS_DEVICE then reject;/& if source = RTS_STATIC then reject;/' /etc/bird/common.conf
