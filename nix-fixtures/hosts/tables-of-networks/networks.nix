{
  wan = { bridge = "br-wan"; prefix = "192.0.2"; ports = [ "eno1" ]; length = 29; };
  lan = { bridge = "br-lan"; prefix = "10.1.0"; ports = [ "eno2" "eno3" ]; trusted = true; open = [ 22 53 ]; };
  iot = rec { bridge = "br-iot"; prefix = "10.2.0"; vlan = 20; open = [ 1883 ]; };
}
