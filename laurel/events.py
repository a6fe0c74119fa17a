"""All contracts, as the topologies of the services name them.

`python -m laurel.events` writes the committed JSON Schemas anew. A contract may gain optional fields within a version;
the contract tests refuse every other change.
"""

import json

from laurel.provision import SERVICES
from shared.events.json_schema import schema, schema_file

EVENTS = tuple(
    dict.fromkeys(
        event for service in SERVICES for event in (*service.topology.publishes, *service.topology.consumes.values())
    )
)
"""What services tell, and what they read of the releases beside this one."""


def main() -> None:
    """Write the JSON Schema of every contract."""
    for event in EVENTS:
        schema_file(event).write_text(json.dumps(schema(event), indent=1, sort_keys=True, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
