let __findFile = path: name: "found ${name}"; in <anything/at-all>
