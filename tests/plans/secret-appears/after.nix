{
  containers.web = {
    autoStart = true;
    config = {
      services.httpd.enable = true;
      services.x = {
        apiKey = "hunter2";
        userTokens = [ "hunter3" ];
        peers = [ { name = "a"; privateKey = "hunter4"; } ];
        passphraseLength = 12;
      };
    };
  };
}
