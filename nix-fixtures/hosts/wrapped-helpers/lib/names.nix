{ lib, self }: { host = n: "${n}-${lib.last (lib.splitString "." self.prefix)}"; iface = n: "ve-${lib.substring 0 11 n}"; }
