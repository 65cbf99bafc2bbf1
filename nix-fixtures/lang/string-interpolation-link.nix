"${./links/to-folder}"
