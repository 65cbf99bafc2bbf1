builtins.match "([a-z]+)://([^/:]+)(:([0-9]+))?(/.*)?" "https://example.org:8080/a/b"
