http://a.b/c?d=e&f=g%20h,i*j:k!l~m'n_o=p$q
