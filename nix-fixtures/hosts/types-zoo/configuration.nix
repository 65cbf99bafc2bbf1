# Options of one's own with most of `lib.types`, each with its merge rule, feed one container.
{ config, lib, ... }:
let
  t = config.zoo;
in
{
  imports = [ ./options.nix ./more.nix ];
  zoo = {
    lines = "one";
    commas = "a,b";
    joined = "left";
    list = [ 1 2 ];
    nested.deep.value = { a = 1; };
    choice = "medium";
    maybe = null;
    either = "auto";
    port = 8443;
    coerced = 17;
    function = x: [ "from-configuration-${x}" ];
    tree.left = 1;
    lazy.known = 5;
    unique = "only";
    anything = { a = [ 1 ]; b.c = "x"; };
    pairs = [ { key = "k1"; value = "v1"; } ];
    path = ./options.nix;
    matched = "AB:CD";
    nonEmpty = [ "x" ];
    attrs = { one = 1; };
    float = 2.5;
    signed = -7;
  };
  networking.hostName = "zoo";
  containers.zoo = {
    autoStart = t.bool;
    hostAddress = t.maybe;
    timeoutStartSec = t.coerced;
    forwardPorts = [ { hostPort = t.port; } ];
    tmpfs = map toString t.list;
    extraFlags = [
      (lib.replaceStrings [ "\n" ] [ "|" ] t.lines)
      t.commas
      t.joined
      t.choice
      (toString t.either)
      (baseNameOf t.path)
      (builtins.toJSON t.nested)
      (builtins.toJSON t.tree)
      (builtins.toJSON t.anything)
      (toString (builtins.attrNames t.lazy))
      (builtins.toJSON t.attrs)
      (builtins.toJSON t.pairs)
      (toString (t.function "arg"))
      t.matched
      t.unique
      (toString t.float)
      (toString t.signed)
      (lib.concatStrings t.nonEmpty)
      (toString t.readOnly)
    ];
    config = { };
  };
  system.stateVersion = "25.05";
}
