{
  containers.web = { hostBridge = "br0"; privateNetwork = true; config.services.x.adminPassword = "hunter2"; };
}
