{
  containers.gone = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-gone";
    bindMounts."/`|`\\|</details>" = { };
  };
  containers.web = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-web";
    extraFlags = [ "--a=`|`" "\\" ];
  };
  containers.guest.config."we`ird|\n</summary>" = 1;
}
