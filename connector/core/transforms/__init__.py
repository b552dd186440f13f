"""Named value conversions: total, documented by worked examples, reversible where they say so."""

from collections.abc import Mapping
from types import MappingProxyType

from connector.core.transforms import contact, figures, places, sets, text, times
from connector.core.transforms.shape import Fault, Scene, Transform, Worked

TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {
        one.name: one
        for part in (text, contact, places, figures, times, sets)
        for one in part.TRANSFORMS
    }
)

__all__ = ["TRANSFORMS", "Fault", "Scene", "Transform", "Worked"]
