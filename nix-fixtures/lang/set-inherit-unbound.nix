{ inherit nobody; }
