{ containers.draft.config = { }; }
