{ lib }:
{
  autoStart = true;
  privateNetwork = true;
  hostAddress = "10.0.0.1";
  localAddress = "10.0.0.2";
  bindMounts = { "/data" = { hostPath = "/old"; isReadOnly = false; }; "/etc/x" = { }; };
  tmpfs = [ "/tmp" ];
  config = { };
}
