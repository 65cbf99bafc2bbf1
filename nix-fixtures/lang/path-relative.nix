[ ./files ./files/../files/text ../x ]
