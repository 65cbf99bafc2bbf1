# Names and addresses. A guest takes its name and hosts from here; its links are made from outside.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  accepted = mkOption {
    type = types.attrsOf types.anything;
    default = { };
    description = "Accepted without effect.";
  };
  bool =
    default: description:
    mkOption {
      type = types.bool;
      inherit default description;
    };
in
{
  options.networking = {
    hostName = mkOption {
      type = types.strMatching "^$|^[[:alnum:]]([[:alnum:]_-]{0,61}[[:alnum:]])?$";
      default = "nixos";
      description = "The name of the system.";
    };
    hostId = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "Accepted without effect.";
    };
    domain = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "The domain of the system.";
    };
    fqdn = mkOption {
      type = types.str;
      readOnly = true;
      default =
        if config.networking.domain == null then
          throw "networking.fqdn needs networking.domain"
        else
          "${config.networking.hostName}.${config.networking.domain}";
      description = "Name and domain.";
    };
    hosts = mkOption {
      type = types.attrsOf (types.listOf types.str);
      default = { };
      description = "Names by address, for `/etc/hosts`.";
    };
    extraHosts = mkOption {
      type = types.lines;
      default = "";
      description = "Further lines of `/etc/hosts`.";
    };
    nameservers = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Name servers, for a `/etc/resolv.conf` that nobody else provides.";
    };
    search = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Domains to search.";
    };
    defaultGateway = mkOption {
      type = types.raw;
      default = null;
      description = "Accepted without effect.";
    };
    defaultGateway6 = mkOption {
      type = types.raw;
      default = null;
      description = "Accepted without effect.";
    };
    useDHCP = bool true "Accepted without effect.";
    useNetworkd = bool false "Accepted without effect.";
    useHostResolvConf = bool config.boot.isContainer "Whether a guest keeps the `/etc/resolv.conf` that the host gives it.";
    enableIPv6 = bool true "Whether IPv6 is on.";
    interfaces = accepted;
    bridges = accepted;
    bonds = accepted;
    vlans = accepted;
    macvlans = accepted;
    dhcpcd = accepted;
    networkmanager = accepted;
    resolvconf = accepted;
    timeServers = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Accepted without effect.";
    };
    usePredictableInterfaceNames = bool true "Accepted without effect.";
    wireguard = accepted;
    wireless = accepted;
  };
}
