# --host: a folder that does not exist on this host.
{
  containers.web = {
    bindMounts."/data" = { hostPath = "/nonexistent/data"; isReadOnly = false; };
    bindMounts."/nonexistent/same" = { };
    config = { };
  };
}
