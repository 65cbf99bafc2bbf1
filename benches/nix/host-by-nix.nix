# The containers of `host.nix` through the module system of nixpkgs, as `container-rebuild eval` prints them.
{ n }:
let
  system = import ../../nix-fixtures/nixpkgs/nixos/lib/eval-config.nix {
    system = null;
    # `dropCapabilities` is an option of every container in our model.
    modules = [ ../../nix/module.nix (import ./host.nix n) ];
  };
  network = c: { inherit (c) forwardPorts hostAddress hostAddress6 hostBridge localAddress localAddress6 localMacAddress; };
  container = c:
    network c
    // {
      inherit (c)
        additionalCapabilities allowedDevices autoStart bindMounts copyResolvConf dropCapabilities enableTun ephemeral
        extraFlags flake interfaces macvlans networkNamespace privateNetwork privateUsers restartIfChanged
        timeoutStartSec tmpfs;
      extraVeths = builtins.mapAttrs (_: network) c.extraVeths;
    };
in
builtins.mapAttrs (_: container) system.config.containers
