# One line for each thing of the host's that must never change: bytes, owner, mode, time, links.
find /mnt /srv -printf '%M %U:%G %s %n %T@ %p %l\n' | sort -k6
find /mnt /srv -type f -exec sha256sum {} + | sort -k2
grep -H . /var/lib/nixos-containers/{kept,going}/var/lib/marker
