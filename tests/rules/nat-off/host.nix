# NixOS looks at nothing else while NAT is off.
{
  networking.nat = {
    extraCommands = "iptables -t nat -A nixos-nat-post -j MASQUERADE";
    dmzHost = "nowhere";
    forwardPorts = [ { sourcePort = 0; destination = "nowhere"; } ];
  };
}
