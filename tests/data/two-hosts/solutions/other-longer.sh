on right ip addr add {{ right }}/16 dev eth0
