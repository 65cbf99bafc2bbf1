# Our module opens on the host what the guest opens.
{
  imports = [ ({ lib, ... }: { options.services.container-rebuild = lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; }; }) ];
  networking.firewall.allowedTCPPorts = [ 22 ];
  containers.media.config.networking.firewall.allowedTCPPorts = [ 8096 ];
  services.container-rebuild.containers.media.openFirewall = true;
}
