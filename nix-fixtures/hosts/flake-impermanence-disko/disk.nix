{
  disko.devices.disk.main = {
    device = "/dev/nvme0n1";
    type = "disk";
    content = { type = "gpt"; partitions.root = { size = "100%"; content = { type = "filesystem"; format = "ext4"; mountpoint = "/"; }; }; };
  };
}
