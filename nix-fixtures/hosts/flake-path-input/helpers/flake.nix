{
  outputs = { self }: {
    lib.fromTable = builtins.mapAttrs (
      name: row: {
        autoStart = row.start;
        extraFlags = map (f: "--${f}") row.flags;
        bindMounts = builtins.listToAttrs (map (name: { inherit name; value.hostPath = "/srv" + name; }) row.mounts);
        config = { };
      }
    );
    nixosModules.default = ./module.nix;
  };
}
