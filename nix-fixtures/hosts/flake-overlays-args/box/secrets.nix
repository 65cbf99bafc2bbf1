{ sops.defaultSopsFile = ./secrets.yaml; sops.secrets.token = { }; }
