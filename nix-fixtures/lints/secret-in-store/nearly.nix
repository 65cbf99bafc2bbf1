# Files, variables, hashes, settings and what is unknown.
{ pkgs, ... }: {
  containers.app = {
    extraFlags = [ "--load-credential=db:/run/secrets/db" "--setenv=TOKEN_FILE=/run/secrets/token" ];
    config = {
      services.app.settings.database = { passwordFile = "/run/secrets/db"; password = "$DB_PASSWORD"; };
      services.app.tokenFile = "/run/secrets/token";
      services.openssh.settings.PasswordAuthentication = "no";
      services.grafana.settings.security.admin_password = "$__file{/run/secrets/grafana}";
      services.app.secret = pkgs.secret;
      services.app.secretKeyFile = pkgs.writeText "key" "not here";
      services.app.publicKeyFile = ./key.pub;
      services.app.encryptedTokenFile = ./token.age;
      users.users.admin.hashedPassword = "$6$rounds=5000$abc$def";
      users.users.root.initialHashedPassword = "!";
    };
  };
}
