{ config, ... }: { networking.nat.enable = config.containers ? loaded; }
