{ inherit nowhere; }
