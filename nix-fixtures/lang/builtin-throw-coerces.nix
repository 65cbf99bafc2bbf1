throw { outPath = "/message"; }
