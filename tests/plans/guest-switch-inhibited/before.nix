{
  containers.web = {
    autoStart = true;
    config.system.switch.inhibitors = {
      disk = "ext4";
      new-in-one-of-them = "a";
    };
  };
}
