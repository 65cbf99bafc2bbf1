{
  networking.nameservers = [ "127.0.0.1" "::1" ];
  containers.a = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2"; config = { services.nginx.enable = true; }; };
  containers.b = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.3"; config = { lib, ... }: { networking.useHostResolvConf = lib.mkForce false; networking.nameservers = [ "10.0.0.1" ]; }; };
  containers.c = { config = { }; };
  containers.d = { networkNamespace = "/run/netns/x"; config = { }; };
}
