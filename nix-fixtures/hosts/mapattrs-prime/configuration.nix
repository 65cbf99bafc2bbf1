# `mapAttrs'` with `nameValuePair` renames containers and mounts; `mapAttrsToList` writes hosts and forwards.
{ lib, config, ... }:
let
  sites = {
    blog = { domain = "blog.example.net"; index = 1; };
    shop = { domain = "shop.example.net"; index = 2; };
    docs = { domain = "docs.example.org"; index = 3; };
  };
  short = domain: lib.head (lib.splitString "." domain);
  tld = domain: lib.last (lib.splitString "." domain);
in
{
  networking.hostName = "gatehouse";
  networking.extraHosts = lib.concatStringsSep "\n" (
    lib.mapAttrsToList (_: site: "10.9.${toString site.index}.2 ${site.domain}") sites
  );
  networking.nat = {
    enable = true;
    externalInterface = "wan0";
    internalInterfaces = lib.mapAttrsToList (name: _: "ve-${name}-www") sites;
    forwardPorts = lib.flatten (
      lib.mapAttrsToList (name: site: [
        { sourcePort = 8000 + site.index; destination = "10.9.${toString site.index}.2:80"; }
        (lib.optional (tld site.domain == "org") { sourcePort = 8440 + site.index; destination = "10.9.${toString site.index}.2:443"; proto = "tcp"; })
      ]) sites
    );
  };

  containers = lib.mapAttrs' (
    name: site:
    lib.nameValuePair "${short site.domain}-www" {
      autoStart = tld site.domain == "net";
      privateNetwork = true;
      hostAddress = "10.9.${toString site.index}.1";
      localAddress = "10.9.${toString site.index}.2";
      bindMounts = lib.mapAttrs' (dir: path: lib.nameValuePair "/var/www/${site.domain}/${dir}" { hostPath = path; }) {
        static = "/srv/${name}/static";
        "uploads" = "/srv/${name}/up loads";
      };
      config = { ... }: {
        services.nginx.enable = true;
        services.nginx.virtualHosts.${site.domain}.root = "/var/www/${site.domain}/static";
        system.stateVersion = "25.11";
      };
    }
  ) sites;

  system.stateVersion = "25.11";
}
