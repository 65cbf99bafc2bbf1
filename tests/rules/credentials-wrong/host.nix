{
  containers.web = { autoStart = true; config = { }; };
  services.container-rebuild.containers.web = {
    credentials."db:password" = "/run/keys/db";
    credentials.token = "hunter2";
    credentials.up = "/run/../keys";
    credentials.number = 5;
    credentials.twice = "/run/keys/twice";
    credentials.public = "/nix/store/00000000000000000000000000000000-key";
    encryptedCredentials.twice = "/etc/twice.cred";
    encryptedCredentials.sealed = "/nix/store/00000000000000000000000000000000-sealed";
  };
}
