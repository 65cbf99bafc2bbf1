{ roles = { dns = true; site = "cellar"; proxy = { enable = true; upstreams = { wiki = 3001; chat = 3002; }; }; }; }
