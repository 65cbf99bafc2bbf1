"${{ outPath = "/out"; }}/bin"
