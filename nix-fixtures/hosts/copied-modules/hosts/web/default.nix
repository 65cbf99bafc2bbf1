{
  module.containers.f = {
    privateNetwork = true;
    hostBridge = "br0";
    config = { };
  };
}
