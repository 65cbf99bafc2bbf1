"${ { outPath = { outPath = "deep"; }; } }"
