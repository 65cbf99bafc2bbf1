{ lib }:
rec {
  subnet = id: "172.20.${toString id}";
  address = id: n: "${subnet id}.${toString n}";
  veth = { id, mounts ? [ ] }: {
    privateNetwork = true;
    hostAddress = address id 1;
    localAddress = address id 2;
    bindMounts = lib.listToAttrs (map (p: lib.nameValuePair p { hostPath = p; isReadOnly = false; }) mounts);
  };
  enabled = { enable = true; };
}
