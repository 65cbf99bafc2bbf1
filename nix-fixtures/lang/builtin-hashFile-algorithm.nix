builtins.hashFile "crc" ./files/text
