{ inputs, lib, ... }:
{
  hosts = lib.genAttrs [ "left" "right" ] (side: {
    modules = [
      ({ peers, ... }: {
        containers.${side} = {
          autoStart = side == "left";
          extraFlags = map (p: "--setenv=PEER=${p}") (lib.remove side peers);
          config = { };
        };
      })
    ];
  });
  shared = [ { system.stateVersion = "25.11"; } ];
}
