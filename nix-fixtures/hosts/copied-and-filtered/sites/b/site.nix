{
  containers.b = {
    autoStart = true;
    config = { };
  };
}
