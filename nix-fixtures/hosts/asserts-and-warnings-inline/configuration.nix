# `assertMsg`, `throwIf`, `warnIf`, `assert`, `lib.trace` around values that are used; deprecated names through `lib.warn`.
{ config, lib, ... }:
let
  checked = n: assert lib.assertMsg (n < 100) "too many"; n;
  limit = lib.throwIf (1 > 2) "never" 10;
  old = lib.warnIf false "old" "value";
  oneOf = assert lib.assertOneOf "mode" "fast" [ "fast" "slow" ]; "fast";
in
assert builtins.compareVersions "2.0" "1.9" > 0;
{
  assertions = [ { assertion = config.containers ? guarded; message = "guarded is there"; } ];
  networking.hostName = lib.throwIfNot true "no" "guards";
  containers.guarded = {
    autoStart = checked 5 == 5;
    timeoutStartSec = "${toString (checked limit)}s";
    extraFlags = [ old oneOf (lib.traceVal "traced") (builtins.seq limit "seq") (lib.checkListOfEnum "list" [ "a" "b" ] [ "a" ] "ok") ];
    config = lib.mkAssert true "yes" { };
  };
  system.stateVersion = "25.05";
}
