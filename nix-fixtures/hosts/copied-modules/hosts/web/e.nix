{
  containers.e = {
    ephemeral = true;
    config = { };
  };
}
