{ mkGuest, site ? throw "a default of a module's argument is never used", ... }@args:
{
  containers.one = mkGuest "one" 1;
  containers.two = mkGuest "two" 2 // {
    forwardPorts = [ { hostPort = 8080; containerPort = 80; } ];
    bindMounts."/gateway".hostPath = "/srv/${args.site.gateway}";
  };
}
