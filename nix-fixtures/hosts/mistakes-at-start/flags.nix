{
  containers.boot = { extraFlags = [ "--boot" ]; config = { }; };
  containers.pid2 = { extraFlags = [ "-a" ]; config = { }; };
  containers.word = { extraFlags = [ "private-users=pick" ]; config = { }; };
  containers.unknown = { extraFlags = [ "--privat-users=pick" ]; config = { }; };
  containers.image = { extraFlags = [ "-i /srv/image.raw" ]; config = { }; };
  containers.copy = { extraFlags = [ "--ephemeral" ]; config = { }; };
  containers.journal = { ephemeral = true; extraFlags = [ "--link-journal=guest" ]; config = { }; };
  containers.template = { ephemeral = true; extraFlags = [ "--template=/srv/root" ]; config = { }; };
  containers.chown = { extraFlags = [ "--read-only" "--private-users-ownership=chown" ]; config = { }; };
  containers.users = { extraFlags = [ "--bind-user=alice" ]; config = { }; };
  containers.port = { extraFlags = [ "--port=8080:80" ]; config = { }; };
  containers.zone = { extraFlags = [ "--network-zone=lab" "--network-bridge=br0" ]; config = { }; };
  containers.bridges = {
    privateNetwork = true;
    hostBridge = "br0";
    extraFlags = [ "--network-bridge=br1" ];
    config = { };
  };
  containers.paths = { extraFlags = [ "--tmpfs=tmp" "--bind-ro=srv:/srv" ]; config = { }; };
  containers.value = { extraFlags = [ "--boot=yes" ]; config = { }; };
  containers.last = { extraFlags = [ "--bind" ]; config = { }; };
  containers.namespace = {
    privateNetwork = true;
    hostAddress = "10.1.0.1";
    localAddress = "10.1.0.2";
    extraFlags = [ "--network-namespace-path=/run/netns/x" ];
    config = { };
  };
}
