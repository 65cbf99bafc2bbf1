{ containers.core.bindMounts."/shared".hostPath = "/shared"; networking.nftables.enable = true; }
