{ lib, ... }:
let base = { networking.useNetworkd = true; }; in {
  containers = lib.genAttrs [ "a" "b" ] (name: { config = { imports = [ base ] ++ lib.optional (name == "b") { networking.useHostResolvConf = lib.mkForce false; }; }; });
}
