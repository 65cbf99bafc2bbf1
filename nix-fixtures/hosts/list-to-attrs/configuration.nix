# `listToAttrs` over an `imap1`-numbered list; names with leading zeros by `fixedWidthNumber`.
{ lib, ... }:
with builtins;
let
  kinds = [ "runner" "runner" "cache" "runner" ];
  count = length kinds;
  width = if count < 10 then 2 else 3;
  numbered = lib.imap1 (i: kind: { inherit i kind; }) kinds;
  nameOf = n: "${n.kind}${lib.fixedWidthString width "0" (toString n.i)}";
in
{
  networking.hostName = "ci-host";
  boot.kernel.sysctl."kernel.keys.maxkeys" = 2000;

  containers = listToAttrs (
    map (n: {
      name = nameOf n;
      value = {
        autoStart = n.kind != "cache" || n.i > 3;
        ephemeral = n.kind == "runner";
        privateNetwork = true;
        hostBridge = "br0";
        localAddress = "10.77.0.${toString (100 + n.i)}/16";
        allowedDevices = lib.optionals (n.kind == "runner") [
          { node = "/dev/fuse"; modifier = "rw"; }
          { node = "/dev/kvm"; modifier = "rwm"; }
        ];
        bindMounts = listToAttrs (
          [ { name = "/nix/cache"; value = { hostPath = "/var/cache/nix"; isReadOnly = n.kind == "runner"; }; } ]
          ++ lib.optional (n.kind == "runner") { name = "/dev/kvm"; value = { hostPath = "/dev/kvm"; isReadOnly = false; }; }
        );
        tmpfs = if n.kind == "runner" then genList (k: "/work${toString k}") 3 else [ ];
        config = { system.stateVersion = "24.05"; };
      };
    }) numbered
  );

  assertions = [
    {
      assertion = count <= 99;
      message = "names have two digits";
    }
  ];
  system.stateVersion = "24.05";
}
