{ config, lib, pkgs, self, ... }:
{
  options.my.count = lib.mkOption {
    type = lib.types.ints.positive;
    default = 1;
  };
  config.containers = lib.listToAttrs (
    lib.genList (i: {
      name = "node${toString i}";
      value = {
        autoStart = true;
        privateNetwork = true;
        localAddress = "10.40.0.${toString (i + 2)}";
        hostAddress = "10.40.0.1";
        extraFlags = [ "--setenv=ARCH=${pkgs.stdenv.hostPlatform.system}" "--setenv=OF=${toString (lib.length (lib.attrNames self.nixosConfigurations))}" ];
        config = { };
      };
    }) config.my.count
  );
}
