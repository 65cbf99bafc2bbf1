''"double" 'single' '''two''' ''
