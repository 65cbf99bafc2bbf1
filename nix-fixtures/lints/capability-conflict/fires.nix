# By the two options, by flags, and by `enableTun`.
{
  containers.a = {
    additionalCapabilities = [ "CAP_NET_ADMIN" "CAP_SYS_TIME" ];
    dropCapabilities = [ "CAP_SYS_TIME" ];
    config = { };
  };
  containers.b = {
    additionalCapabilities = [ "all" "CAP_NET_RAW" ];
    extraFlags = [ "--drop-capability=cap_net_raw,CAP_CHOWN" ];
    config = { };
  };
  containers.c = { enableTun = true; dropCapabilities = [ "CAP_NET_ADMIN" ]; config = { }; };
}
