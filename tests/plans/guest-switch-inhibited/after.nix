{
  containers.web = {
    autoStart = true;
    config.system.switch.inhibitors.disk = "btrfs";
  };
}
