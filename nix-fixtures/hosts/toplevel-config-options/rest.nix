{ total }:
{
  system.stateVersion = "25.05";
  containers.wiki.timeoutStartSec = "${toString total}s";
}
