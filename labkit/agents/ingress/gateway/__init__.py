"""Gateway API (gateway.networking.k8s.io) by the same nginx: Gateways and HTTPRoutes become servers and locations beside those of Ingresses."""
