"""`calicoctl`, Calico's command line (v3.20.3)."""
