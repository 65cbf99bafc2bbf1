{
  containers.db = { autoStart = true; config = { }; };
  containers.web = { autoStart = true; config = { }; };
  containers.later.config = { };
  services.container-rebuild.containers = {
    web.after = [ "db" "nope" "web" ];
    web.requires = [ "later" ];
    web.resourceControl = { memoryMax = "1G"; CPUQuota = 50; };
    web.afterUnits = [ "foo" ];
    web.color = "red";
    db.after = [ "web" ];
    gone = { };
    later = 5;
  };
  systemd.services."container@db".serviceConfig.TasksMax = 0;
  systemd.services."container@db".wants = [ "container@web.service" ];
}
