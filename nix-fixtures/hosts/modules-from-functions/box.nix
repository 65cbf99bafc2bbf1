name:
{ index, ephemeral ? false }:
{ lib, ... }:
{
  containers.${name} = {
    inherit ephemeral;
    autoStart = true;
    privateNetwork = true;
    localAddress = "10.0.${toString index}.2";
    config = { };
  };
}
