{ services.nextcloud.enable = true; services.redis.servers.n.enable = true; }
