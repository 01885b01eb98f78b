"""agnhost: what Kubernetes' own tests run in pods, the part of it that labs need."""
