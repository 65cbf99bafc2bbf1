{ autoStart = true; bindMounts."/extra".hostPath = "/extra"; timeoutStartSec = "90s"; }
