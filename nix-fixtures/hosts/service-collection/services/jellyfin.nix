{
  collection.services.jellyfin = { host = 10; ports.http = 8096; container.bindMounts."/media".hostPath = "/tank/media"; };
}
