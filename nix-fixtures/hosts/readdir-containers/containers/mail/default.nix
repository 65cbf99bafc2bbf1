{ name, ... }: { localAddress = "10.5.0.4"; config = import ./guest.nix; bindMounts."/var/mail".hostPath = "/srv/${name}"; }
