# A warning that the configuration gives itself.
{
  warnings = [ "the certificate of the web server is renewed by hand" ];
  containers.web = { config = { }; };
}
