{
  networking.nat = {
    enable = true;
    externalInterface = "eth0";
    internalInterfaces = [ "ve-+" ];
    extraCommands = "iptables -t nat -A nixos-nat-post -j MASQUERADE";
  };
}
