assert "a${"b"}" == ''c''; 1
