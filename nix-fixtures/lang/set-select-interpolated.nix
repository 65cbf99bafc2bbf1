let n = "b"; in { ab = 1; }."a${n}"
