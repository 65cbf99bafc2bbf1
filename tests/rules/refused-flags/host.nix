{
  containers.a = {
    extraFlags = [ "--bind=/srv/a:/data" "--tmpfs=/nix/store" "--console=none" "--link-journal=yes" "--volatile=maybe" ];
    bindMounts."/data/".hostPath = "/srv/b";
    config = { };
  };
  containers.b = { privateUsers = "pick"; privateNetwork = true; tmpfs = [ "/" ]; extraFlags = [ "-M other" ]; config = { }; };
  containers.c = { hostBridge = "br7"; privateNetwork = true; extraVeths.br7 = { }; config = { }; };
  containers.d = { extraVeths.wan0 = { }; extraFlags = [ "--resolv-conf=off" "--volatile" "--console=pipe" "--bind=/srv/d" ]; config = { }; };
  networking.nat = { enable = true; externalInterface = "wan0"; };
}
