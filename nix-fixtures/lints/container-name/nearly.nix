# Dashes, digits and long names are fine: the link's name is shortened.
{
  containers.my-web = { config = { }; };
  containers.web2 = { config = { }; };
  containers.a-really-quite-long-name-for-a-container = { config = { }; };
}
