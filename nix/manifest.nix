# What this host declares of containers, in the form that `container-rebuild eval --json` prints (docs/contract.md, section 5): a set
# for `builtins.toJSON`. The systems of the guests are store paths in it, so a file with it keeps them from the garbage collector.
{
  config,
  lib,
  options,
}:
let
  # What `nix eval --json` cannot print, and what says only how Nix gets from a container to its `path`.
  isData =
    name:
    !(lib.elem name [
      "_module"
      "config"
      "nixpkgs"
      "pkgs"
      "specialArgs"
    ]);
  # Options of newer NixOS that this one may lack: all of them off.
  newer = {
    copyResolvConf = true;
    flake = null;
    localMacAddress = null;
    networkNamespace = null;
    privateUsers = "no";
  };
  newerVeth = {
    localMacAddress = null;
  };
  container =
    declared:
    newer
    // lib.filterAttrs (name: _: isData name) declared
    // {
      # A string, so that the file refers to the system; a set would be printed, and a path be copied into the store.
      path = "${declared.path}";
      extraVeths = lib.mapAttrs (_: veth: newerVeth // lib.filterAttrs (name: _: isData name) veth) declared.extraVeths;
    };

  # The options of `set` with these names; `defaults` are of options that this NixOS may lack.
  pick =
    names: defaults: set:
    lib.genAttrs (names ++ lib.attrNames defaults) (name: set.${name} or defaults.${name});
in
{
  format_version = 1;
  system = {
    inherit (config.networking) hostName;
    inherit (config.system) stateVersion;
  };
  boot = { inherit (config.boot) enableContainers; };
  containers = lib.mapAttrs (_: container) config.containers;
  networking = {
    nat = pick [
      "enable"
      "enableIPv6"
      "internalInterfaces"
      "internalIPs"
      "internalIPv6s"
      "externalInterface"
      "externalIP"
      "externalIPv6"
      "forwardPorts"
      "dmzHost"
      "extraCommands"
      "extraStopCommands"
    ] { } config.networking.nat;
    firewall = pick [
      "enable"
      "allowPing"
      "allowedTCPPorts"
      "allowedUDPPorts"
      "allowedTCPPortRanges"
      "allowedUDPPortRanges"
      "interfaces"
      "trustedInterfaces"
      "checkReversePath"
    ] { filterForward = false; } config.networking.firewall;
    nftables = pick [ "enable" "flushRuleset" ] { } config.networking.nftables;
  };
  services.container-rebuild = lib.removeAttrs config.services.container-rebuild [
    "enable"
    "package"
  ];
  positions = import ./positions.nix { inherit lib options; };
}
