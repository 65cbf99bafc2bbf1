# What systemd-nspawn takes: values in the next word, short names, numbers, paths in each other, names for the guest.
{
  containers.a = {
    extraFlags = [ "--tmpfs /scratch" "--bind-ro=+/etc/x:/etc/x:norbind" "-q" "--private-users-chown" "--private-users=no" "--link-journal=no" ];
    additionalCapabilities = [ "cap_net_raw" "all" "12" "CAP_BPF,CAP_PERFMON" ];
    tmpfs = [ "/var:size=1G" "/var/cache" ];
    bindMounts."/var/cache/a".hostPath = "/srv/cache";
    bindMounts."/nix/store/x".hostPath = "/nix/store/x";
    config = { };
  };
  containers.b = {
    interfaces = [ "eth1" "eth2:wan" ];
    macvlans = [ "eth3" "eth3:second" ];
    extraVeths.back = { localMacAddress = "02:00:00:00:00:01"; };
    config = { };
  };
  containers.c = { extraFlags = [ "--network-zone=lab" "--port=udp:53" ]; config = { }; };
  containers.d = { ephemeral = true; extraFlags = [ "--ephemeral" "--link-journal auto" ]; config = { }; };
  containers.e = { extraVeths.eth0 = { }; forwardPorts = [ ]; config = { }; };
}
