builtins.split "^a|b$" "aabb"
