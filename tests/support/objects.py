"""A real server that speaks S3 (SeaweedFS), for as long as it is needed."""

import json
import sys
from pathlib import Path

from pydantic import SecretStr

from laurel.servers import Server, free_port, listens
from shared.settings import ServiceSettings

KEY_ID, SECRET = "laurel", "a secret for tests alone"
RIGHTS = ["Admin", "Read", "Write", "List"]


class ObjectServer:
    """The server with one bucket, and settings that name it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        credentials = [{"accessKey": KEY_ID, "secretKey": SECRET}]
        identity = {"name": "laurel", "credentials": credentials, "actions": RIGHTS}
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        self.port = free_port()
        self.server = self._server()
        self.server.start()

    def _server(self) -> Server:
        ports = {name: free_port() for name in ("master", "volume", "filer")}
        grpc = {f"{name}.port.grpc": free_port() for name in ("master", "volume", "filer", "s3")}
        options = {
            "dir": self.folder,
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "s3.config": self.folder / "s3.json",
            "s3.port": self.port,
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "master.volumeSizeLimitMB": 64,
            "master.volumePreallocate": "false",
            "volume.max": 50,
            **{f"{name}.port": port for name, port in ports.items()},
            **grpc,
        }
        command = [str(Path(sys.executable).with_name("weed")), "server", "-s3"]
        command += [f"-{name}={value}" for name, value in options.items()]
        return Server("weed", command, self.folder / "weed.log", lambda: listens(self.port))

    def settings(self, settings: ServiceSettings) -> ServiceSettings:
        """These settings, with works in the bucket."""
        return settings.model_copy(
            update={
                "works_bucket": "works",
                "works_endpoint": f"http://127.0.0.1:{self.port}",
                "works_key_id": KEY_ID,
                "works_secret": SecretStr(SECRET),
            }
        )

    def stop(self) -> None:
        self.server.stop()
