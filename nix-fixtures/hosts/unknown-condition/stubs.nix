{ vary, ... }:
{
  args.features = {
    sometimes = vary true false;
    ephemeral = vary true false;
    tunnel = vary true false;
  };
}
