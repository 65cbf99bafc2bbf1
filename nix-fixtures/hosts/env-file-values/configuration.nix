# Values from a dotenv file and a CSV file, parsed in Nix; `readDir` of a folder decides mounts.
{ lib, ... }:
let
  parseLine = line: let kv = lib.splitString "=" line; in lib.nameValuePair (lib.head kv) (lib.removeSuffix "\"" (lib.removePrefix "\"" (lib.concatStringsSep "=" (lib.tail kv))));
  isData = l: l != "" && builtins.match "[[:space:]]*#.*" l == null;
  env = lib.listToAttrs (map parseLine (lib.filter isData (lib.splitString "\n" (builtins.readFile ./host.env))));
  csv = map (lib.splitString ";") (lib.filter (l: l != "") (lib.tail (lib.splitString "\n" (lib.fileContents ./guests.csv))));
  mounts = lib.mapAttrs' (name: kind: lib.nameValuePair "/srv/${name}" { hostPath = "/data/${name}"; isReadOnly = kind != "directory"; }) (builtins.readDir ./mounts);
in
{
  networking.hostName = env.HOST_NAME;
  networking.nat.externalInterface = env.WAN;
  networking.firewall.allowedTCPPorts = map lib.toInt (lib.splitString "," env.PORTS);
  containers = lib.listToAttrs (
    map (row: {
      name = lib.elemAt row 0;
      value = {
        autoStart = lib.elemAt row 2 == "yes";
        localAddress = lib.elemAt row 1;
        privateNetwork = true;
        bindMounts = mounts;
        extraFlags = lib.mapAttrsToList (k: v: "--setenv=${k}=${v}") (lib.filterAttrs (k: _: lib.hasPrefix "APP_" k) env);
        config = { };
      };
    }) csv
  );
  system.stateVersion = env.STATE;
}
