{
  containers.a = {
    autoStart = true
  };
}
