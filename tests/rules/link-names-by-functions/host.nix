{ lib, ... }: {
  containers = lib.listToAttrs (map (n: lib.nameValuePair "production-${n}" { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.${n}.2"; config = { }; }) [ "1" "2" ]) // {
    spare = { extraVeths.ve-short = { hostAddress = "10.8.0.1"; localAddress = "10.8.0.2"; }; config = { }; };
    short = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.9.2"; config = { }; };
    bridged = { privateNetwork = true; hostBridge = "br0"; localAddress = "10.4.0.3/24"; extraVeths."ve-bridged" = { localAddress = "10.8.0.4"; }; config = { }; };
  };
}
