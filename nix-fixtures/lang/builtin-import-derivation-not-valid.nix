import (derivation { name = "n"; system = "s"; builder = "b"; })
