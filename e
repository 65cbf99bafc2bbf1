h.nix:1:55: error[option-type]: A definition for option `containers.a.hostAddress' is not of type `null or string'.
   ,-[h.nix:1:55]
 1 | { containers.a = { config = { }; localAddress = "x" ; hostAddress = [ ]; }; services = throw "s"; networking.interfaces = throw "i"; system.stateVersion = throw "v"; }
   :                                                       ^^^^^|^^^^^
   :                                                            `-- this is a list: [ ]
   `----
  h.nix:1:55: while evaluating the attribute 'hostAddress'
  help: write a text in double quotes, or `null`
h.nix:1:156: error[evaluation]: v
   ,-[h.nix:1:156]
 1 | { containers.a = { config = { }; localAddress = "x" ; hostAddress = [ ]; }; services = throw "s"; networking.interfaces = throw "i"; system.stateVersion = throw "v"; }
   :                                                                                                                                                            ^^^^^
   `----
  h.nix:1:134: while evaluating the attribute 'stateVersion'
h.nix:1:88: error[evaluation]: s
   ,-[h.nix:1:88]
 1 | { containers.a = { config = { }; localAddress = "x" ; hostAddress = [ ]; }; services = throw "s"; networking.interfaces = throw "i"; system.stateVersion = throw "v"; }
   :                                                                                        ^^^^^
   `----
  while evaluating the attribute 'allowedTCPPorts'
