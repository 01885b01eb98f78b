"""calico-kube-controllers: what has to be tidied up once for the whole cluster."""
