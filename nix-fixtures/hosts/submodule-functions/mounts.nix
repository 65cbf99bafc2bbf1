{ name, config, ... }:
{
  bindMounts."/var/log/${name}" = { name, ... }: {
    hostPath = "/logs${name}";
    isReadOnly = false;
  };
  tmpfs = if config.ephemeral then [ "/scratch" ] else [ ];
}
