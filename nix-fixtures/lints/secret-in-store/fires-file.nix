# Files beside the configuration are copied into the store with it.
{
  containers.app.config = {
    services.app.passwordFile = ./password.txt;
    services.nginx.virtualHosts."example.org".sslCertificateKey = ./example.org.key;
    services.app.tokenFile = "/nix/store/00000000000000000000000000000000-token";
  };
}
