"""nft, both iptables and conntrack read into values of one form, whoever wrote the rules."""
