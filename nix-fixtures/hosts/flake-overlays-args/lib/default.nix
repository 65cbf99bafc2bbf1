{ lib }:
{
  net = import ./net.nix { inherit lib; };
  mount = path: options: { ${path} = { hostPath = "/persist${path}"; isReadOnly = false; } // options; };
}
