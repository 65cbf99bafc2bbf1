{ name, hostName }: { pkgs, ... }: { networking.domain = "${name}.${hostName}"; environment.systemPackages = [ pkgs.hello ]; }
