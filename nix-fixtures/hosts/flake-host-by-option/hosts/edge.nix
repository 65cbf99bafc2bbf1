{ roles.proxy.enable = true; roles.proxy.upstreams.core = 8443; }
