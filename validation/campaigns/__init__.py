"""Campaigns: which networks, of which sizes and for how long, in TOML files that users copy and change."""

from validation.campaigns.load import (
    Campaign,
    load_campaign,
    packaged_campaign,
    packaged_names,
    packaged_path,
    parse_campaign,
)

__all__ = ["Campaign", "load_campaign", "packaged_campaign", "packaged_names", "packaged_path", "parse_campaign"]
