{
  containers.a = {
    autoStart = true;
    config = { };
  };
}
