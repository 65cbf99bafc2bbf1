import ./links/to-folder
