{ lib, ... }: {
  containers.web.forwardPorts = lib.mkAfter [
    {
      hostPort = 443;
      containerPort = 8443;
    }
    {
      hostPort = 82;
      containerPort = 9082;
    }
  ];
}
