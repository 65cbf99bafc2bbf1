map (a: builtins.hashFile a ./files/text) [ "md5" "sha1" "sha256" "sha512" ]
