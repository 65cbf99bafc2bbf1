# A hive in a file, with `network` as it was called first: tags and keys of a node, another node's name.
{
  network.nixpkgs = <nixpkgs>;
  network.description = "x";
  web =
    { name, nodes, config, lib, ... }:
    {
      imports = [ ./web.nix ];
      deployment = {
        targetHost = name;
        keys.token.text = "s";
        tags = [ "edge" "web" ];
      };
      networking.hostName = name;
      containers.c.extraFlags = [
        config.deployment.targetHost
        (toString config.deployment.tags)
        nodes.db.config.networking.hostName
        (toString (lib.attrNames nodes))
      ];
    };
  db.networking.hostName = "store";
}
