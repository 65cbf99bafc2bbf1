builtins.convertHash { hash = "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="; toHashFormat = "base16"; }
