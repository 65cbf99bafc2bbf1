{ inherit ({ or = 3; }) or; }
