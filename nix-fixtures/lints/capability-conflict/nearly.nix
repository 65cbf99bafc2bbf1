# All but one is no conflict.
{
  containers.a = { additionalCapabilities = [ "all" ]; dropCapabilities = [ "CAP_SYS_TIME" ]; config = { }; };
  containers.b = {
    additionalCapabilities = [ "CAP_NET_ADMIN" ];
    dropCapabilities = [ "CAP_NET_RAW" ];
    config = { };
  };
}
