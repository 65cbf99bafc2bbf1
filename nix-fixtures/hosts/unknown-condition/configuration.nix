# Conditions that nobody can know here: what they govern is unknown, and nothing else.
{
  config,
  lib,
  features,
  ...
}:
{
  networking.hostName = "maybe";
  containers.sometimes = lib.mkIf features.sometimes {
    autoStart = true;
    config = { };
  };
  containers.always = {
    autoStart = true;
    ephemeral = features.ephemeral;
    privateNetwork = true || features.ephemeral;
    enableTun = lib.mkIf features.tunnel true;
    hostBridge = if features.tunnel then "br-tun" else "br-lan";
    localAddress = lib.mkMerge [
      (lib.mkIf features.tunnel (lib.mkForce "10.3.0.2/24"))
      "10.3.0.3/24"
    ];
    extraFlags = [ "--a" ] ++ lib.optional features.tunnel "--tun";
    additionalCapabilities = lib.mkMerge [
      [ "CAP_CHOWN" ]
      (lib.mkIf (false && features.sometimes) [ "CAP_NEVER" ])
    ];
    restartIfChanged = lib.mkDefault features.tunnel;
    bindMounts."/x" = lib.mkIf features.tunnel { hostPath = "/tun/x"; };
    bindMounts."/y".hostPath = "/y";
    config = { };
  };
  networking.nat.enable = lib.mkForce true;
  networking.nat.externalInterface = lib.mkIf features.tunnel "tun0";
  networking.firewall.allowPing = true;
  networking.firewall.filterForward = features.tunnel && features.ephemeral;
  system.stateVersion = "25.05";
}
