"""ingress-nginx's controller, which stands in for the real one's Lua: it renders nginx's configuration from Ingress objects."""
