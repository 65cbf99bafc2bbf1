{
  containers.web = { extraFlags = [ "-U" ]; config.services.x.adminPassword = "hunter2"; };
}
