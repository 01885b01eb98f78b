# The others' blocks are typed into worker02's bird.conf; what the sessions tell is thrown away.
# must fail: worker02_knows_others, fault_repaired
# like: reference
# without: break to reflector
own="route {{ w2.block }} blackhole; route {{ m1.block }} via {{ m1.address }}; route {{ m2.block }} via {{ m2.address }}; route {{ m3.block }} via {{ m3.address }}; route {{ w1.block }} via {{ w1.address }};"
#: before join
on {{ w2.name }} sed -i 's/import all; export filter to_peers/import none; export filter to_peers/' /etc/bird/common.conf
