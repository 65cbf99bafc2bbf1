{ config, ... }:
let v = config.vars; in
{
  containers.one = { autoStart = true; bindMounts."/state" = { hostPath = "${v.paths.state}/one"; isReadOnly = false; }; config = { system.stateVersion = v.stateVersion; }; };
  networking.firewall.allowedTCPPorts = [ (v.port or 8000) ];
}
