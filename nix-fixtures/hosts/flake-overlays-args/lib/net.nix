{ lib }:
{
  pairOf = n: { hostAddress = "10.77.${toString n}.0"; localAddress = "10.77.${toString n}.1"; };
  ula = name: "fd77:${builtins.substring 0 4 (builtins.hashString "md5" name)}::1";
}
