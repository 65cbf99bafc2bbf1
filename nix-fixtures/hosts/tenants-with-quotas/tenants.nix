{
  acme = { index = 1; quota = { memory = "4G"; }; guests = { web = { }; db = { memory = "8G"; network = "routed"; }; }; };
  zeta = { index = 2; trusted = true; guests = { all = { cpu = 50; network = "host"; }; }; };
}
