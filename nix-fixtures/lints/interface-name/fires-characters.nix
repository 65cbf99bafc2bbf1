# Names that nft would read as something else.
{
  networking.nat = {
    enable = true;
    internalInterfaces = [ "ve-\" accept" "@links" "ve-*" ];
    externalInterface = "eth0\nadd rule";
  };
  containers.web = {
    privateNetwork = true;
    hostBridge = "br0\"";
    extraVeths."a\"b" = { };
    config = { };
  };
}
