builtins.tryEval (import (builtins.toFile "x" "throw ''y''"))
