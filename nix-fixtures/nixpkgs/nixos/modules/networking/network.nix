# Names and addresses. A guest takes its name and hosts from here; its links are made from outside, and get what addresses it
# declares for them beside those that they have, as from NixOS's `network-addresses-*.service`.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  accepted = mkOption {
    type = types.attrsOf types.anything;
    default = { };
    description = "Accepted without effect.";
  };
  addresses = length: {
    addresses = mkOption {
      type = types.listOf (types.submodule {
        options = {
          address = mkOption {
            type = types.str;
            description = "The address.";
          };
          prefixLength = mkOption {
            type = types.ints.between 0 length;
            description = "How many of its bits name the network.";
          };
        };
      });
      default = [ ];
      description = "Addresses that the interface gets.";
    };
  };
  addressesOf = interface: interface.ipv4.addresses ++ interface.ipv6.addresses;
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
    useNetworkd = bool false "Whether systemd-networkd manages `eth0` of a guest, with the addresses that are declared.";
    useHostResolvConf = bool config.boot.isContainer "Whether a guest keeps the `/etc/resolv.conf` that the host gives it.";
    enableIPv6 = bool true "Whether IPv6 is on.";
    interfaces = mkOption {
      type = types.attrsOf (types.submodule {
        freeformType = types.attrsOf types.anything;
        options.ipv4 = mkOption {
          type = types.submodule {
            freeformType = types.attrsOf types.anything;
            options = addresses 32;
          };
          default = { };
          description = "IPv4 of the interface.";
        };
        options.ipv6 = mkOption {
          type = types.submodule {
            freeformType = types.attrsOf types.anything;
            options = addresses 128;
          };
          default = { };
          description = "IPv6 of the interface.";
        };
      });
      default = { };
      description = "Interfaces. All but addresses is accepted without effect.";
    };
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
  config.systemd.services = lib.mkIf config.boot.isContainer (
    lib.mapAttrs' (
      name: interface:
      lib.nameValuePair "network-addresses-${name}" {
        description = "Addresses of ${name}";
        wantedBy = [ "network.target" ];
        before = [ "network.target" ];
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
        };
        script = lib.concatMapStrings (
          a: "/usr/bin/ip addr replace ${lib.escapeShellArg "${a.address}/${toString a.prefixLength}"} dev ${lib.escapeShellArg name}\n"
        ) (addressesOf interface);
      }
    ) (lib.filterAttrs (_: interface: addressesOf interface != [ ]) config.networking.interfaces)
  );
}
