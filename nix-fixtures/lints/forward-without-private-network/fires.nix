# NixOS drops these forwards without a word.
{
  containers.web = {
    forwardPorts = [ { hostPort = 8080; containerPort = 80; } ];
    privateNetwork = false;
    config = { };
  };
}
