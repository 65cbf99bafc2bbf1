# Numbers and truth values in quotes; what may be meant otherwise stays.
{
  networking.firewall.allowedTCPPorts = [ 22 "443" ];
  containers.web = {
    autoStart = "false";
    forwardPorts = [
      { hostPort = "8080"; containerPort = 80; }
      { hostPort = 8081; containerPort = ''81''; }
    ];
    config = { };
  };
}
