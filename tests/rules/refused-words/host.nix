{
  containers.a = { additionalCapabilities = [ "cap_net_admin" "CAP_NET_ADMINS" "all" "CAP_SYS_TIME" ]; config = { }; };
  containers.b = { tmpfs = [ "/a" "/a:size=1G" "" ]; bindMounts."relative".hostPath = "/x"; config = { }; };
  containers.c = { bindMounts."/x".hostPath = "relative"; bindMounts."/y:z".hostPath = "/w:v"; config = { }; };
  containers.d = { timeoutStartSec = "soon"; config = { }; };
  containers.e = { timeoutStartSec = "1min 30s"; config = { }; };
}
