rec {
  adminName = "root@${domain}";
  adminPassword = "correct horse";
  domain = "example.net";
  shadow = "with";
  wireguard = { port = 51820; keyFile = "/root/wg.key"; };
}
