[
  (builtins.findFile [ { prefix = "a"; path = "files"; } ] "a")
  (builtins.findFile [ { prefix = "a"; path = "./files"; } ] "a/text")
  (builtins.findFile [ { path = "files/folder/.."; } ] "text")
]
