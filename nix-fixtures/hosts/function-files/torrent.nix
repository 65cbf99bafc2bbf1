{ base, ... }:
base 13 {
  enableTun = true;
  bindMounts."/downloads" = { hostPath = "/pool/downloads"; isReadOnly = false; };
}
