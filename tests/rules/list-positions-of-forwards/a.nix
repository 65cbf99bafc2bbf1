{
  containers.web.forwardPorts = [
    { hostPort = 81; containerPort = 8081; }
    { hostPort = 82; containerPort = 8082; }
  ];
}
