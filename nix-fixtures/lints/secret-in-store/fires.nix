# In an option of a guest's service, in a user's password, in a unit's environment, and in the flags of nspawn.
{
  containers.app = {
    extraFlags = [ "--setenv=API_TOKEN=0123456789" ];
    config = {
      services.app.settings.database = { user = "app"; password = "hunter2"; };
      users.users.admin.initialPassword = "changeme";
      systemd.services.app.environment.DB_PASSWORD = "hunter2";
    };
  };
}
