with null; a
