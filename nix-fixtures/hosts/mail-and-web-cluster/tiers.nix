{
  web = [ { name = "front"; ports = [ 80 443 ]; } { name = "static"; ports = [ 8081 ]; } ];
  mail = [ { name = "relay"; ports = [ 25 587 ]; } { name = "imap"; ports = [ 993 ]; } ];
}
