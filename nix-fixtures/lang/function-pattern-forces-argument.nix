(({ ... }: 1) (throw "forced"))
