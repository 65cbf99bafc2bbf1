{ a = throw "thrown"; }.a.b or 1
