"""Rules as a `season.yaml`."""

from shared.season.plain_yaml import write_yaml
from shared.season.rules import SeasonRules


def write_rules(rules: SeasonRules) -> str:
    """The rules as a `season.yaml`. Read again it gives the same rules."""
    return write_yaml(rules.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True))
