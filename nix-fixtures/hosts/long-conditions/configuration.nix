# `elif` chains, `assert`, `let` in branches, `?`/`or` on deep paths, comparisons of versions, strings, lists and sets decide options.
{ config, lib, ... }:
let
  env = { tier = "gold"; region.eu.zone = 3; labels = [ "a" "b" ]; };
  tier = t: if t == "gold" then 3 else if t == "silver" then 2 else if t == "bronze" then 1 else throw "tier ${t}";
  zone = env.region.eu.zone or 0;
  fallback = env.region.us.zone or env.region.eu.zone or 9;
  has = path: lib.hasAttrByPath path env;
in
{
  networking.hostName = if env ? tier && env ? region.eu && !(env ? region.us) then "long-${env.tier}" else "short";
  containers = {
    ${if tier env.tier >= 3 then "premium" else "basic"} = {
      autoStart = assert env.labels != [ ]; lib.versionAtLeast "3.10" "3.9" && "3.10" < "3.9";
      ephemeral = (env.labels == [ "a" "b" ]) && ({ a = 1; b = [ ]; } == { b = [ ]; a = 1; });
      extraFlags = [
        "--setenv=ZONE=${toString zone}"
        "--setenv=FALLBACK=${toString fallback}"
        (let s = lib.boolToString (has [ "region" "us" ]); in "--setenv=US=${s}")
        (if has [ "region" "eu" "zone" ] then let z = toString (zone * zone); in "--setenv=SQ=${z}" else "--none")
      ];
      timeoutStartSec = "${toString ((tier "silver" + tier "bronze") * 10 / 3)}s";
      config = { };
    };
  };
  networking.firewall.checkReversePath = if zone > 2 then "loose" else zone == 2;
  networking.firewall.allowedTCPPorts = if lib.any (l: l == "b") env.labels then [ 80 ] else if config.networking.nat.enable then [ 81 ] else [ ];
  networking.nat.enable = lib.all lib.isString env.labels && !lib.isFunction env;
  system.stateVersion = "25.05";
}
