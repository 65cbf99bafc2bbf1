# Name servers of a guest that takes the host's file.
{
  containers.web = {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.11";
    config.networking.nameservers = [ "9.9.9.9" ];
  };
}
