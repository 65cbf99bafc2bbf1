{ base, count }:
builtins.listToAttrs (
  builtins.genList (i: {
    name = "worker-${toString i}";
    value = base (50 + i) { ephemeral = true; autoStart = i == 0; };
  }) count
)
