{ lib, self }: rec { address = i: "${self.prefix}.0.${toString i}"; range = "${self.prefix}.0.0/16"; gateway = address 1; ifaces = map self.names.iface; }
