{ inherit; inherit ({ }); }
