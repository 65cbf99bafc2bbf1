{
  hosts = {
    n1 = { ip = "10.0.1.1"; pods = [ "x" "y" ]; };
    n2 = { ip = "10.0.2.1"; pods = [ ]; modules = [ { networking.firewall.enable = false; } ]; };
  };
  dns = "10.0.0.53";
}
