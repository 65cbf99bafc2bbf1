{ vary, lib, ... }:
let
  other = { additionalCapabilities = [ "B" ]; allowedDevices = [ { node = "b"; modifier = "r"; } ]; bindMounts.b = { }; copyResolvConf = false; dropCapabilities = [ "B" ]; enableTun = true; extraFlags = [ "b" ]; extraVeths.b = { }; flake = null; forwardPorts = [ { hostPort = 61002; } ]; hostAddress = "b"; hostAddress6 = "b"; hostBridge = "b"; interfaces = [ "b" ]; localAddress6 = "b"; localMacAddress = "00:00:00:00:00:0b"; macvlans = [ "b" ]; networkNamespace = "/b"; privateNetwork = true; privateUsers = 61002; restartIfChanged = false; timeoutStartSec = "b"; tmpfs = [ "b" ]; config = { }; };
  first = { bindMounts.a = { }; extraVeths.a = { }; flake = "a"; };
in
{ args.mylib = { gateway = vary "10.190.0.1" "10.191.0.1"; mkBase = _: vary first other; }; args.inputs = { }; }
