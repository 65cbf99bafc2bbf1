{ lib, config, ... }: { options.shared.address = lib.mkOption { type = lib.types.str; }; config.networking.nat.internalIPs = [ "${config.shared.address}/32" ]; }
